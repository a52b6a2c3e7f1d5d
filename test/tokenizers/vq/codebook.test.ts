import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/random.js';
import { kMeans, sampleRows, updateCodebook } from '../../../src/tokenizers/vq/codebook.js';
import { expectClose } from '../../vectors.js';

test('k-means finds separate clusters', () => {
  const random = new Random(0);
  const centres = [-10, 0, 10];
  const samples = Float32Array.from({ length: 60 }, (_, i) => centres[i % 3]! + 0.1 * random.normal());
  const { means, sizes } = kMeans(samples, [0, 1, 2], 1, false);
  expectClose(means, centres, { rtol: 0, atol: 0.1 });
  expect([...sizes]).toEqual([20, 20, 20]);
});

describe('dead codes', () => {
  const training = { cosine: true, decay: 0.5, deadThreshold: 0.4, replacement: 'batch_random' as const };
  const codebook = () => ({ codes: Float32Array.of(1, 0, 0, 1), usage: Float32Array.of(1, 0), sums: undefined });

  test('become the given latents of the batch, normalised', () => {
    const state = codebook();
    const asked: [number, number][] = [];
    updateCodebook(state, Float32Array.of(2, 0, 3, 4), [0, 0], training, (available, wanted) => {
      asked.push([available, wanted]);
      return [1];
    });
    expect(asked).toEqual([[2, 1]]);
    expectClose(state.codes.subarray(2), [0.6, 0.8], { rtol: 1e-6, atol: 0 });
    expect([...state.usage]).toEqual([1.5, 0]);
  });

  test('become copies of the most used codes before the update', () => {
    const state = {
      codes: Float32Array.of(1, 0, 0, 1, -1, 0),
      usage: Float32Array.of(9, 0.2, 0.1),
      sums: undefined,
    };
    const copying = { ...training, replacement: 'linde_buzo_gray' as const };
    updateCodebook(state, Float32Array.of(2, 0), [0], copying, () => []);
    expect([...state.codes]).toEqual([1, 0, 1, 0, 0, 1]);
  });

  test('are kept at threshold 0', () => {
    const state = codebook();
    updateCodebook(state, Float32Array.of(2, 0, 3, 4), [0, 0], { ...training, deadThreshold: 0 }, () => {
      throw new Error('rows were requested');
    });
    expect([...state.codes.subarray(2)]).toEqual([0, 1]);
  });
});

test('rows are sampled without repetition where there are enough', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(30), fc.nat(), (n, wanted, seed) => {
      const rows = [...sampleRows(n, wanted, new Random(seed))];
      expect(rows).toHaveLength(wanted);
      expect(rows.every((row) => row >= 0 && row < n)).toBe(true);
      if (n >= wanted) expect(new Set(rows).size).toBe(wanted);
    }),
  );
});
