import fc from 'fast-check';
import { expect, test } from 'vitest';
import { transpose } from '../../src/nn/transpose.js';

const side = fc.integer({ min: 1, max: 150 });

test('rows become columns, for any size', () => {
  fc.assert(
    fc.property(side, side, (rows, columns) => {
      const values = Float32Array.from({ length: rows * columns }, (_, i) => i);
      const turned = transpose(values, rows, columns);
      expect(turned.length).toBe(values.length);
      expect(turned.every((value, i) => value === (i % rows) * columns + Math.floor(i / rows))).toBe(true);
    }),
    { numRuns: 30 },
  );
});
