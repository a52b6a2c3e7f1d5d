import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bicubicMatrix } from '../../src/nn/interpolation.js';
import { expectClose, vectorCase } from '../vectors.js';
import { plainMatMul } from './plain.js';

const { about, data } = vectorCase('trans_posemb');
const side = fc.integer({ min: 1, max: 6 });

test.each([
  [5, 5],
  [8, 8],
  [3, 4],
  [10, 7],
] as const)('equals the official bicubic interpolation, from 5 × 5 to %i × %i', (h, w) => {
  const grid = data.read('in.grid') as Float32Array;
  const expected = data.read(`out.bicubic_${h}x${w}`) as Float32Array;
  const matrix = bicubicMatrix([5, 5], [h, w]);
  for (let channel = 0; channel < 6; channel++) {
    const interpolated = plainMatMul(matrix, grid.subarray(channel * 25, (channel + 1) * 25), 25);
    expectClose(interpolated, expected.subarray(channel * h * w, (channel + 1) * h * w), about.tolerance);
  }
});

test('equals the official interpolation of a table of patches', () => {
  const table = data.read('in.rgb_pos_emb') as Float32Array;
  const interpolated = plainMatMul(bicubicMatrix([4, 4], [7, 7]), table, 16);
  expectClose(interpolated, data.read('out.rgb_pos_emb_7x7') as Float32Array, about.tolerance);
});

test('every new position is a weighted mean: the weights of a row sum to 1', () => {
  fc.assert(
    fc.property(side, side, side, side, (h, w, toH, toW) => {
      const matrix = bicubicMatrix([h, w], [toH, toW]);
      for (let row = 0; row < toH * toW; row++) {
        const weights = matrix.subarray(row * h * w, (row + 1) * h * w);
        expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      }
    }),
  );
});

test('the same grid is unchanged', () => {
  fc.assert(
    fc.property(side, side, (h, w) => {
      const n = h * w;
      const identity = Array.from({ length: n * n }, (_, i) => Number(Math.floor(i / n) === i % n));
      expect(Array.from(bicubicMatrix([h, w], [h, w]), Math.abs)).toEqual(identity);
    }),
  );
});
