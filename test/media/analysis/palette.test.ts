import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import { clusterColours } from '../../../src/media/analysis/palette.js';
import { imageOf, imagesOf } from './images.js';

test('an image of two colours has these two, the larger first', () => {
  const image = imageOf(4, 1, (x) => (x === 0 ? [250, 0, 0] : [0, 0, 100]));
  const { centres, sizes, labels, inertia } = clusterColours(image, [200, 0, 0, 0, 0, 0]);
  expect([...centres]).toEqual([0, 0, 100, 250, 0, 0]);
  expect(sizes).toEqual([3, 1]);
  expect([...labels]).toEqual([1, 0, 0, 0]);
  expect(inertia).toBe(0);
});

test('a colour without pixels is unchanged', () => {
  const { centres, sizes } = clusterColours(
    imageOf(2, 1, () => [10, 10, 10]),
    [0, 0, 0, 255, 255, 255],
  );
  expect([...centres]).toEqual([10, 10, 10, 255, 255, 255]);
  expect(sizes).toEqual([2, 0]);
});

test('every pixel has its nearest colour, and every colour is the mean of its pixels', () => {
  const colour = fc.double({ min: 0, max: 255, noNaN: true });
  const initial = fc.integer({ min: 1, max: 4 }).chain((k) => fc.array(colour, { minLength: 3 * k, maxLength: 3 * k }));
  fc.assert(
    fc.property(imagesOf(3), initial, (image, start) => {
      const { centres, labels, sizes, inertia } = clusterColours(image, start);
      const distance = (pixel: number, k: number) =>
        [0, 1, 2].reduce((sum, c) => sum + (image.data[3 * pixel + c]! - centres[3 * k + c]!) ** 2, 0);
      let total = 0;
      labels.forEach((label, pixel) => {
        for (const k of sizes.keys()) expect(distance(pixel, label)).toBeLessThanOrEqual(distance(pixel, k) + 1e-9);
        total += distance(pixel, label);
      });
      expect(inertia).toBeCloseTo(total, 6);
      sizes.forEach((size, k) => {
        const own = [...labels.keys()].filter((pixel) => labels[pixel] === k);
        expect(own).toHaveLength(size);
        if (size === 0) return;
        const red = own.reduce((sum, pixel) => sum + image.data[3 * pixel]!, 0) / size;
        expect(centres[3 * k]).toBeCloseTo(red, 9);
      });
    }),
  );
});

test('first centres are colours', () => {
  const image = imageOf(1, 1, () => [0, 0, 0]);
  expect(() => clusterColours(image, [1, 2])).toThrow(InvalidInputError);
  expect(() => clusterColours(image, [])).toThrow(InvalidInputError);
});
