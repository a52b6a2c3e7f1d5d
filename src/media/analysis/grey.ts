/** Brightness of colours, in the fixed point of two libraries; they differ by at most 1. (ITU-R BT.601.) */
import type { Raster, RgbImage } from '../raster.js';

/** Pillow's mode `L`: (19595 R + 38470 G + 7471 B + 2¹⁵) / 2¹⁶, rounded down. */
export function greyPillow(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** OpenCV 5: (9798 R + 19235 G + 3735 B + 2¹⁴) / 2¹⁵, rounded down. Canny's input when edge maps are made. */
export function greyOpenCv(red: number, green: number, blue: number): number {
  return (red * 9798 + green * 19235 + blue * 3735 + 0x4000) >> 15;
}

/**
 * A colour picture in grey.
 *
 * @param image h · w · 3
 * @returns     h · w · 1
 */
export function toGrey(
  { width, height, data }: RgbImage,
  grey: (red: number, green: number, blue: number) => number = greyPillow,
): Raster<Uint8Array> {
  const values = Uint8Array.from({ length: width * height }, (_, i) =>
    grey(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!),
  );
  return { width, height, channels: 1, data: values };
}
