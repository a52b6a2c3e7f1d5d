/** Luma and colour differences (ITU-R BT.601, full range) in the fixed point of two libraries. */
import type { RgbImage } from '../raster.js';
import { perPixel } from './per-pixel.js';

/** 8-bit Y, Cr and Cb as OpenCV computes them (`COLOR_RGB2YCrCb`). [h · w · 3] */
export function yCrCbOpenCv(image: RgbImage): RgbImage {
  const scale = (x: number) => (x + 2 ** 13) >> 14;
  const data = perPixel(image.data, new Uint8Array(image.data.length), (r, g, b) => {
    const y = scale(4899 * r + 9617 * g + 1868 * b);
    return [y, clamp(scale(11682 * (r - y)) + 128), clamp(scale(9241 * (b - y)) + 128)];
  });
  return { ...image, data };
}

/**
 * 8-bit Y, Cb and Cr as Pillow's mode `YCbCr` has them: sums of tables in 1/64. Pillow's tables are not known to the last
 * digit; about one chroma value in ten thousand differs by 1.
 *
 * @returns h · w · 3
 */
export function yCbCrPillow(image: RgbImage): RgbImage {
  const term = (weight: number, channel: number) => Math.round(64 * weight * channel);
  const chroma = (sum: number) => clamp(((sum + 2) >> 6) + 128);
  const data = perPixel(image.data, new Uint8Array(image.data.length), (r, g, b) => [
    (term(0.299, r) + term(0.587, g) + term(0.114, b)) >> 6,
    chroma(term(0.5, b) - term(0.16874, r) - term(0.33126, g)),
    chroma(term(0.5, r) - term(0.41869, g) - term(0.08131, b)),
  ]);
  return { ...image, data };
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 255);
}
