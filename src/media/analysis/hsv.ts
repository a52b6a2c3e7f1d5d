/** Hue, saturation and value (brightest channel) of RGB colours, in the conventions of three libraries. */
import { roundHalfToEven } from '../../numeric.js';
import type { RgbImage } from '../raster.js';
import { perPixel, type Triple } from './per-pixel.js';

/** Added by OpenCV to the divisors of float colours: the rounding unit of single precision. */
const EPSILON_OPENCV = 2 ** -23;

/**
 * Hue, saturation and value. (`skimage.color.rgb2hsv`, which divides hue by 360.)
 *
 * @param r red 0…1
 * @param g green 0…1
 * @param b blue 0…1
 * @returns       hue in degrees, 0 ≤ h < 360 and 0 for grey; saturation 0…1 and 0 for black; value 0…1
 */
export function rgbToHsv(r: number, g: number, b: number): Triple {
  const value = Math.max(r, g, b);
  const chroma = value - Math.min(r, g, b);
  return [hueOf(r, g, b), value === 0 ? 0 : chroma / value, value];
}

/** {@link rgbToHsv} as OpenCV computes it for floats: hues of greyish colours are drawn towards a primary colour. */
export function rgbToHsvOpenCv(r: number, g: number, b: number): Triple {
  const value = Math.max(r, g, b);
  const chroma = value - Math.min(r, g, b);
  return [hueOf(r, g, b, EPSILON_OPENCV), chroma / (value + EPSILON_OPENCV), value];
}

/**
 * Hue in degrees, 0 ≤ h < 360; 0 for grey. Channels may have any common range.
 *
 * @param epsilon is added to the chroma, by which differences of channels are divided
 */
export function hueOf(r: number, g: number, b: number, epsilon = 0): number {
  const value = Math.max(r, g, b);
  const chroma = value - Math.min(r, g, b);
  if (chroma === 0) return 0;
  const difference = value === r ? g - b : value === g ? b - r : r - g;
  const primary = value === r ? 0 : value === g ? 120 : 240;
  const hue = primary + (60 * difference) / (chroma + epsilon);
  return hue < 0 ? hue + 360 : hue;
}

/**
 * 8-bit hue, saturation and value as OpenCV computes them: by tables of 12-bit reciprocals.
 *
 * @param hues 180: hue in units of 2° (`COLOR_RGB2HSV`); 256: of 360/256° (`COLOR_RGB2HSV_FULL`)
 * @returns    h · w · 3
 */
export function hsvOpenCv(image: RgbImage, hues: 180 | 256 = 180): RgbImage {
  const reciprocal = (range: number, divisor: number) =>
    divisor === 0 ? 0 : roundHalfToEven((range * 2 ** 12) / divisor);
  const divisors = Array.from({ length: 256 }, (_, i) => i);
  const ofValue = divisors.map((i) => reciprocal(255, i));
  const ofChroma = divisors.map((i) => reciprocal(hues, 6 * i));
  const scale = (x: number, factor: number) => (x * factor + 2 ** 11) >> 12;
  const convert = (r: number, g: number, b: number): Triple => {
    const value = Math.max(r, g, b);
    const chroma = value - Math.min(r, g, b);
    const sextants = value === r ? g - b : value === g ? b - r + 2 * chroma : r - g + 4 * chroma;
    const hue = scale(sextants, ofChroma[chroma]!);
    return [Math.min(hue < 0 ? hue + hues : hue, 255), scale(chroma, ofValue[value]!), value];
  };
  return { ...image, data: perPixel(image.data, new Uint8Array(image.data.length), convert) };
}

/**
 * 8-bit hue (in units of 360/255°), saturation and value as Pillow's mode `HSV` has them: in single precision, rounded
 * down.
 *
 * @returns h · w · 3
 */
export function hsvPillow(image: RgbImage): RgbImage {
  return { ...image, data: perPixel(image.data, new Uint8Array(image.data.length), hsvOfPillow) };
}

function hsvOfPillow(r: number, g: number, b: number): Triple {
  const value = Math.max(r, g, b);
  const chroma = value - Math.min(r, g, b);
  if (chroma === 0) return [0, 0, value];
  const { fround } = Math;
  const [red, green, blue] = [r, g, b].map((channel) => fround((value - channel) / chroma)) as [number, number, number];
  const sextant = value === r ? blue - green : value === g ? 2 + red - blue : 4 + green - red;
  const hue = fround((fround(sextant) / 6 + 1) % 1);
  return [Math.floor(hue * 255), Math.floor(fround(chroma / value) * 255), value];
}
