import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { decodeMap, decodeRaster } from '../../src/media/decode.js';
import { encodePalettePng, encodePng } from '../../src/media/encode.js';

test('written files can be read', () => {
  const kinds = fc.constantFrom(...([1, 3, 4] as const).map((channels) => ({ channels, make: Uint8Array })), {
    channels: 1 as const,
    make: Uint16Array,
  });
  fc.assert(
    fc.property(
      kinds,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(),
      (kind, width, height, seed) => {
        const values = Array.from(
          { length: width * height * kind.channels },
          (_, i) => Math.imul(seed + i, 2654435761) >>> 8,
        );
        const raster = { width, height, channels: kind.channels, data: kind.make.from(values) };
        expect(decodeRaster(encodePng(raster))).toEqual(raster);
      },
    ),
    { numRuns: 60 },
  );
});

test('equal pictures give equal files', () => {
  const raster = { width: 4, height: 4, channels: 3, data: new Uint8Array(48).map((_, i) => i) };
  expect(encodePng(raster)).toEqual(encodePng(raster));
});

test.each([
  [{ width: 1, height: 1, channels: 2, data: new Uint8Array(2) }, /2 channels with 8 bits/],
  [{ width: 1, height: 1, channels: 3, data: new Uint16Array(3) }, /3 channels with 16 bits/],
  [{ width: 2, height: 1, channels: 1, data: new Uint8Array(1) }, /1 values do not fill 2 × 1 × 1/],
  [{ width: 0, height: 1, channels: 1, data: new Uint8Array(0) }, /0 × 1/],
])('refuses %j', (raster, message) => {
  expect(() => encodePng(raster)).toThrow(InvalidInputError);
  expect(() => encodePng(raster)).toThrow(message);
});

describe('class ids as a palette', () => {
  const palette = [
    [0, 0, 0],
    [255, 0, 0],
    [0, 200, 10],
  ] as const;
  const ids = { width: 3, height: 1, channels: 1, data: Int32Array.from([2, 0, 1]) };

  test('viewers show the colours, and the ids are read back', () => {
    const file = encodePalettePng(ids, palette);
    expect([...decodeMap(file).data]).toEqual([2, 0, 1]);
    expect([...decodeRaster(file).data]).toEqual([0, 200, 10, 0, 0, 0, 255, 0, 0]);
  });

  test.each([[3], [-1], [256], [0.5], [Number.NaN]])('refuses the class %d, which has no colour', (id) => {
    expect(() => encodePalettePng({ ...ids, data: Float32Array.from([0, id, 1]) }, palette)).toThrow(
      new InvalidInputError(`class ${id} has no colour in a palette of 3`),
    );
  });

  test('refuses more colours than a palette has', () => {
    expect(() => encodePalettePng(ids, new Array(257).fill([0, 0, 0]))).toThrow(/257 colours/);
  });
});
