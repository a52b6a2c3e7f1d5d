import { describe, expect, test } from 'vitest';
import { isPartial, knownPatches } from '../../../src/api/request/partial.js';
import { InvalidInputError } from '../../../src/errors.js';
import type { Raster } from '../../../src/media/raster.js';

const mask = (width: number, height: number, isKnown: (x: number, y: number) => boolean): Raster => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from({ length: width * height }, (_, i) => Number(isKnown(i % width, Math.floor(i / width)))),
});

describe('patches of a picture', () => {
  const patches = (known: Raster) => Array.from(knownPatches([{ image: known, known }], [2, 3])![0]!);

  test('are given if all their pixels are', () => {
    expect(patches(mask(6, 6, () => true))).toEqual([1, 1, 1, 1, 1, 1]);
    expect(patches(mask(6, 6, (x, y) => !(x === 2 && y === 2)))).toEqual([1, 0, 1, 1, 1, 1]);
    expect(patches(mask(6, 6, (_, y) => y >= 3))).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test('are those of the centred square', () => {
    expect(patches(mask(12, 6, (x) => x >= 3 && x < 9))).toEqual([1, 1, 1, 1, 1, 1]);
    expect(patches(mask(12, 6, (x) => x >= 5))).toEqual([0, 1, 1, 0, 1, 1]);
  });

  test('are all given for pictures without a mask', () => {
    const image = mask(6, 6, () => true);
    expect(knownPatches([image], [2, 2])).toBeUndefined();
    expect(knownPatches([image, { image, known: mask(6, 6, () => false) }], [1, 2])).toEqual([
      Uint8Array.of(1, 1),
      Uint8Array.of(0, 0),
    ]);
  });

  test('a mask of another size is an error', () => {
    const input = { image: mask(6, 6, () => true), known: mask(6, 5, () => true) };
    expect(() => knownPatches([input], [2, 2])).toThrow(InvalidInputError);
    expect(() => knownPatches([input], [2, 2])).toThrow('a picture of 6 × 6 pixels has 6 × 5');
  });
});

test('texts with masked spans and pictures with masks are partly given', () => {
  const image = mask(8, 8, () => true);
  expect([{ image, known: image }, 'a [S_1] ball', 'to [S_12]'].map(isPartial)).toEqual([true, true, true]);
  expect([image, image.data as Uint8Array, 'a ball [S_]', []].map(isPartial)).toEqual([false, false, false, false]);
});
