import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK, BlockMap } from '../../src/hub/block-map.js';

const size = fc.integer({ min: 1, max: 40 * BLOCK });
const ranges = size.chain((size) =>
  fc.record({
    size: fc.constant(size),
    ranges: fc.array(
      fc.tuple(fc.nat({ max: size }), fc.nat({ max: size })).map(([a, b]) => ({
        start: Math.min(a, b),
        end: Math.max(a, b),
      })),
    ),
  }),
);

test('what was added is no longer missing, and nothing else is there', () => {
  fc.assert(
    fc.property(ranges, ({ size, ranges }) => {
      const map = new BlockMap(size);
      for (const range of ranges) {
        const missing = map.missing(range);
        // What is missing covers the range, block by block, without a byte that is there already or beyond the file.
        for (const run of missing) {
          expect(run.start % BLOCK).toBe(0);
          expect(run.end === size || run.end % BLOCK === 0).toBe(true);
          expect(map.missing(run)).toEqual([run]);
        }
        for (const run of missing) map.add(run);
        expect(map.missing(range)).toEqual([]);
      }
      const rest = map.missing({ start: 0, end: size });
      expect(map.present + rest.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(size);
    }),
  );
});

test('blocks that are there in part do not count', () => {
  const map = new BlockMap(3 * BLOCK + 10);
  map.add({ start: 1, end: 2 * BLOCK - 1 });
  expect(map.present).toBe(0);
  map.add({ start: 2 * BLOCK, end: 3 * BLOCK + 10 });
  expect(map.missing({ start: 0, end: 3 * BLOCK + 10 })).toEqual([{ start: 0, end: 2 * BLOCK }]);
  expect(map.reach).toBe(3 * BLOCK + 10);
});

test('survives being written and read, and joins with another', () => {
  fc.assert(
    fc.property(ranges, ({ size, ranges }) => {
      const [one, other] = [new BlockMap(size), new BlockMap(size)];
      ranges.forEach((range, i) => {
        (i % 2 ? one : other).add(range);
      });
      const both = new BlockMap(size, one.toBytes());
      expect(both.present).toBe(one.present);
      both.merge(new BlockMap(size, other.toBytes()));
      for (let block = 0; block < both.count; block++) expect(both.has(block)).toBe(one.has(block) || other.has(block));
    }),
  );
});

test('a map of another length counts as empty', () => {
  expect(new BlockMap(100 * BLOCK, new Uint8Array(5).fill(255)).present).toBe(0);
});
