import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import { canny } from '../../../src/media/analysis/canny.js';
import { imageOf, imagesOf } from './images.js';

/** `#` on edges. */
function drawn({ width, data }: { width: number; data: Uint8Array }): string[] {
  const rows = Array.from({ length: data.length / width }, (_, y) => data.subarray(y * width, (y + 1) * width));
  return rows.map((row) => Array.from(row, (value) => (value === 255 ? '#' : '.')).join(''));
}

test('the outline of a square', () => {
  const square = imageOf(8, 8, (x, y) => [x >= 2 && x < 6 && y >= 2 && y < 6 ? 200 : 0]);
  const edges = drawn(canny(square, 100, 200));
  expect(edges.filter((row) => row.includes('#')).length).toBeGreaterThan(3);
  expect(edges[4]).toMatch(/^\.*#\.+#\.*$/);
});

test('a flat image has none', () => {
  fc.assert(
    fc.property(
      fc.nat(255),
      (value) =>
        !canny(
          imageOf(5, 4, () => [value]),
          0,
          0,
        ).data.some(Boolean),
    ),
  );
});

test('the order of the thresholds is irrelevant, and higher ones give fewer edges', () => {
  const threshold = fc.integer({ min: 0, max: 1500 });
  const options = fc.record({ aperture: fc.constantFrom(3, 5, 7), l2: fc.boolean() });
  fc.assert(
    fc.property(imagesOf(1, 12), threshold, threshold, threshold, options, (image, a, b, more, settings) => {
      const edges = canny(image, a, b, settings).data;
      expect(canny(image, b, a, settings).data).toEqual(edges);
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      canny(image, low, high + more, settings).data.forEach((edge, i) => {
        expect(edge === 0 || edges[i] === 255).toBe(true);
      });
    }),
  );
});

test('needs a grey image and an aperture of 3, 5 or 7', () => {
  expect(() =>
    canny(
      imageOf(2, 2, () => [1, 2, 3]),
      1,
      2,
    ),
  ).toThrow(InvalidInputError);
  expect(() =>
    canny(
      imageOf(2, 2, () => [1]),
      1,
      2,
      { aperture: 9 as 7 },
    ),
  ).toThrow(InvalidInputError);
});
