import fc from 'fast-check';
import type { Raster } from '../../../src/media/raster.js';

/** 8-bit images of random sizes and values. */
export function imagesOf(channels: number, maxSide = 9): fc.Arbitrary<Raster<Uint8Array>> {
  const side = fc.integer({ min: 1, max: maxSide });
  return fc
    .tuple(side, side)
    .chain(([width, height]) =>
      fc
        .uint8Array({ minLength: width * height * channels, maxLength: width * height * channels })
        .map((data) => ({ width, height, channels, data })),
    );
}

export function imageOf(width: number, height: number, value: (x: number, y: number) => number[]): Raster<Uint8Array> {
  const pixels = Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return { width, height, channels: pixels[0]!.length, data: Uint8Array.from(pixels.flat()) };
}

export function transposed(image: Raster<Uint8Array>): Raster<Uint8Array> {
  const { width, height, channels, data } = image;
  return imageOf(height, width, (x, y) => [
    ...data.subarray((x * width + y) * channels, (x * width + y + 1) * channels),
  ]);
}
