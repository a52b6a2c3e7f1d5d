import { roundHalfToEven } from '../../numeric.js';
import type { RgbImage } from '../raster.js';
import { hueOf } from './hsv.js';
import { perPixel, type Triple } from './per-pixel.js';

/**
 * 8-bit hue (in units of 2°), lightness and saturation as OpenCV computes them (`COLOR_RGB2HLS`).
 *
 * @returns h · w · 3
 */
export function hlsOpenCv(image: RgbImage): RgbImage {
  return { ...image, data: perPixel(image.data, new Uint8Array(image.data.length), convert) };
}

function convert(r: number, g: number, b: number): Triple {
  const [high, low] = [Math.max(r, g, b), Math.min(r, g, b)];
  const lightness = (high + low) / 2;
  const span = lightness < 127.5 ? high + low : 510 - high - low;
  const saturation = high === low ? 0 : (255 * (high - low)) / span;
  return [roundHalfToEven(hueOf(r, g, b) / 2) % 180, roundHalfToEven(lightness), roundHalfToEven(saturation)];
}
