import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRuns } from '../../src/checkpoints/read-runs.js';
import type { TensorEntry } from '../../src/checkpoints/safetensors-header.js';

const MIB = 2 ** 20;

/** Tensors one behind the other, each after a hole. */
function layout(sizes: readonly (readonly [hole: number, byteLength: number])[]): [string, TensorEntry][] {
  let offset = 0;
  return sizes.map(([hole, byteLength], i) => {
    offset += hole;
    const entry = { dtype: 'U8', shape: [byteLength], offset, byteLength } as const;
    offset += byteLength;
    return [`t${i}`, entry];
  });
}

const holes = fc.oneof(fc.constant(0), fc.nat(2 ** 17));
const lengths = fc.oneof(fc.nat(1000), fc.nat(4 * MIB), fc.integer({ min: 10 * MIB, max: 100 * MIB }));

test('every tensor is in one run, runs are in order and apart, small, and begin and end with a tensor', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(holes, lengths), { maxLength: 20 }), fc.nat(), (sizes, turn) => {
      const tensors = layout(sizes);
      const turned = tensors.map((_, i) => tensors[(i + turn) % tensors.length]!);
      const runs = readRuns(turned);
      expect(runs.flatMap((run) => run.tensors.map(([name]) => name)).sort()).toEqual(tensors.map(([n]) => n).sort());
      let end = 0;
      for (const run of runs) {
        expect(run.offset).toBeGreaterThanOrEqual(end);
        end = run.offset + run.byteLength;
        expect(run.offset).toBe(Math.min(...run.tensors.map(([, { offset }]) => offset)));
        expect(end).toBe(Math.max(...run.tensors.map(([, entry]) => entry.offset + entry.byteLength)));
        if (run.tensors.length > 1) expect(run.byteLength).toBeLessThanOrEqual(16 * MIB);
      }
    }),
  );
});

test('many small neighbours are one run; a hole of 64 KiB is read along, a larger one is not', () => {
  expect(readRuns(layout(Array.from({ length: 500 }, () => [0, 4096] as const)))).toHaveLength(1);
  expect(readRuns(layout([0, 2 ** 16, 0].map((hole) => [hole, 100] as const)))).toHaveLength(1);
  expect(readRuns(layout([0, 2 ** 16 + 1, 0].map((hole) => [hole, 100] as const)))).toHaveLength(2);
});
