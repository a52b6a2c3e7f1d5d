import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { decodeRaster } from '../../src/media/decode.js';
import { encodePng } from '../../src/media/encode.js';

test('what is written is read', () => {
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
