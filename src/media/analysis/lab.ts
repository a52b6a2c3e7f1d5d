import type { RgbImage } from '../raster.js';
import { perPixel, type Triple } from './per-pixel.js';

/** Linear sRGB to XYZ. */
export const RGB_TO_XYZ = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
];
/** XYZ of the D65 white for the 2° observer, as in scikit-image. */
const WHITE = [0.95047, 1, 1.08883];
const TO_RELATIVE_XYZ = RGB_TO_XYZ.map((row, i) => row.map((weight) => weight / WHITE[i]!));

/**
 * An sRGB colour in CIELAB. (`skimage.color.rgb2lab`. OpenCV's are less exact: `lab-opencv.ts`.)
 *
 * @param r red 0…1
 * @param g green 0…1
 * @param b blue 0…1
 * @returns       lightness L 0…100, a (green to red) and b (blue to yellow)
 */
export function rgbToLab(r: number, g: number, b: number): Triple {
  const linear = [r, g, b].map(linearOf);
  const [x, y, z] = TO_RELATIVE_XYZ.map((row) => {
    return compress(row[0]! * linear[0]! + row[1]! * linear[1]! + row[2]! * linear[2]!);
  }) as [number, number, number];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** An sRGB channel without its gamma; both 0…1. */
export function linearOf(value: number): number {
  return value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92;
}

/** The cube root that CIELAB takes of X, Y and Z relative to white, with a straight line near 0. */
export function compress(value: number): number {
  return value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116;
}

/** Every pixel of a picture in CIELAB, as {@link rgbToLab} gives it. [h · w · 3] */
export function labOf({ data }: RgbImage): Float64Array {
  return perPixel(data, new Float64Array(data.length), (r, g, b) => rgbToLab(r / 255, g / 255, b / 255));
}
