import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { retrieve } from '../../src/recipes/retrieval.js';

it('ranks by angle, whatever the lengths', () => {
  const vector = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(vector, { minLength: 1, maxLength: 9 }), vector, fc.nat(9), (gallery, query, count) => {
      const floats = [query, ...gallery].map((values) => Float32Array.from(values, (x) => x + 10));
      const found = retrieve(floats[0]!, floats.slice(1), count);
      expect(found).toHaveLength(Math.min(count, gallery.length));
      found.forEach(({ similarity }, i) => {
        expect(Math.abs(similarity)).toBeLessThanOrEqual(1 + 1e-9);
        if (i > 0) expect(similarity).toBeLessThanOrEqual(found[i - 1]!.similarity);
      });
    }),
  );
  const [a, b, c] = [Float32Array.of(1, 0), Float32Array.of(5, 5), Float32Array.of(-3, 0)];
  expect(retrieve(Float32Array.of(9, 0.1), [c, b, a], 3).map(({ index }) => index)).toEqual([2, 1, 0]);
});

it('refuses vectors that cannot be compared', () => {
  expect(() => retrieve(Float32Array.of(1), [Float32Array.of(1, 2)], 1)).toThrow('of one length, not 1, 2');
  expect(() => retrieve(Float32Array.of(1), [Float32Array.of(0)], 1)).toThrow(InvalidInputError);
  expect(() => retrieve(Float32Array.of(Number.NaN), [Float32Array.of(1)], 1)).toThrow('contains NaN or infinity');
});
