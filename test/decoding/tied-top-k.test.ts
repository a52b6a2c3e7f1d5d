import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tiedTopK } from '../../src/decoding/tied-top-k.js';

test('keeps the same of 16, 14 and 8 equal values as the reference (gen_maskgit_t0)', () => {
  const kept = (size: number, count: number) => tiedTopK(size, count).sort((a, b) => a - b);
  expect(kept(16, 2)).toEqual([10, 11]);
  expect(kept(14, 6)).toEqual([7, 8, 9, 10, 11, 12]);
  expect(kept(8, 6)).toEqual([1, 2, 4, 5, 6, 7]);
});

// Expected values: torch.topk(torch.ones(size), count), PyTorch 2.13.0.
test('keeps the first ones up to 1/64 of the values', () => {
  const kept = (size: number, count: number) => tiedTopK(size, count).sort((a, b) => a - b);
  expect(kept(63, 1)).toEqual([41]);
  expect(kept(64, 1)).toEqual([0]);
  expect(kept(127, 2)).toEqual([84, 85]);
  expect(kept(128, 2)).toEqual([0, 1]);
  expect(kept(191, 3)).toEqual([126, 127, 128]);
  expect(kept(200, 3)).toEqual([0, 1, 2]);
});

test('keeps k distinct indices', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.double({ min: 0, max: 1, noNaN: true }), (size, share) => {
      const count = Math.floor(share * size);
      const kept = tiedTopK(size, count);
      expect(new Set(kept).size).toBe(count);
      for (const i of kept) expect(i >= 0 && i < size).toBe(true);
    }),
  );
});
