import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import { imageAttributes, imageStatistics } from '../../../src/media/analysis/attributes.js';
import { imageOf, imagesOf } from './images.js';

test('half white, half black', () => {
  const image = imageOf(4, 2, (x) => (x < 2 ? [255, 255, 255] : [0, 0, 0]));
  expect(imageAttributes(image)).toEqual({
    brightness: 127.5,
    contrast: 127.5,
    saturation: 0,
    colorfulness: 0,
    entropy: 1,
  });
  expect(imageStatistics(image).contrastMichelson).toBe(1);
});

test('statistics are in their ranges, and invariant to mirroring', () => {
  fc.assert(
    fc.property(imagesOf(3), (image) => {
      const statistics = imageStatistics(image);
      expect(statistics.brightness).toBeLessThanOrEqual(255);
      expect(statistics.contrast).toBeLessThanOrEqual(127.5);
      expect(statistics.entropy).toBeLessThanOrEqual(8);
      expect(statistics.entropyRgb).toBeLessThanOrEqual(Math.log2(768));
      const { width, height, data } = image;
      const mirrored = imageOf(width, height, (x, y) => {
        const from = 3 * (y * width + width - 1 - x);
        return [...data.subarray(from, from + 3)];
      });
      Object.values(imageAttributes(mirrored)).forEach((value, i) => {
        expect(value).toBeCloseTo(Object.values(imageAttributes(image))[i]!, 9);
      });
    }),
  );
});

test('needs colours', () => {
  expect(() => imageAttributes(imageOf(1, 1, () => [3]))).toThrow(InvalidInputError);
});
