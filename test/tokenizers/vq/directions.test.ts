import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestDirections, normalizedRows } from '../../../src/tokenizers/vq/directions.js';
import { expectClose } from '../../vectors.js';

test('a row is scaled to length 1; zero stays zero', () => {
  const rows = fc.array(fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 3, maxLength: 3 }));
  fc.assert(
    fc.property(rows, (list) => {
      const normalized = normalizedRows(Float32Array.from(list.flat()), 3);
      list.forEach((row, i) => {
        const length = Math.hypot(...row);
        const expected = row.map((x) => (length > 1e-6 ? x / length : 0));
        if (length === 0 || length > 1e-6) {
          expectClose(normalized.subarray(3 * i, 3 * i + 3), expected, { rtol: 1e-5, atol: 1e-6 });
        }
      });
    }),
  );
});

test('the code with the highest cosine similarity is found, and the first of equal ones', () => {
  const number = fc.integer({ min: -200, max: 200 }).map((hundredths) => hundredths / 100);
  const numbers = (n: number) =>
    fc.array(number, { minLength: n, maxLength: n }).map((list) => Float32Array.from(list));
  fc.assert(
    fc.property(numbers(5 * 3), numbers(4 * 3), (codes, latents) => {
      const ids = nearestDirections(latents, Float32Array.of(...codes, ...codes), 3);
      const [x, c] = [normalizedRows(latents, 3), normalizedRows(codes, 3)];
      ids.forEach((id, n) => {
        const alike = Array.from({ length: 5 }, (_, k) =>
          [0, 1, 2].reduce((s, j) => s + x[3 * n + j]! * c[3 * k + j]!, 0),
        );
        expect(id).toBeLessThan(5);
        expect(alike[id]).toBeGreaterThan(Math.max(...alike) - 1e-6);
      });
    }),
  );
});
