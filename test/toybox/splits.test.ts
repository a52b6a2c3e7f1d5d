import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { Random } from '../../src/random.js';
import { SPLITS, type Split, toyboxSeed } from '../../src/toybox/index.js';

const SIZES: Record<Split, number> = { train: 2 ** 31, validation: 2 ** 30, test: 2 ** 30 };
const scene = fc
  .constantFrom(...SPLITS)
  .chain((split) => fc.record({ split: fc.constant(split), index: fc.nat(SIZES[split] - 1) }));

describe('toyboxSeed', () => {
  it('never gives two scenes the same seed, in one split or across splits', () => {
    fc.assert(
      fc.property(scene, scene, (a, b) => {
        const same = a.split === b.split && a.index === b.index;
        expect(toyboxSeed(a.split, a.index) === toyboxSeed(b.split, b.index)).toBe(same);
      }),
    );
  });

  it('keeps the splits in ranges that do not touch', () => {
    const ranges = SPLITS.map((split) => [toyboxSeed(split, 0), toyboxSeed(split, SIZES[split] - 1)] as const);
    ranges.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < ranges.length; i++) expect(ranges[i]![0]).toBeGreaterThan(ranges[i - 1]![1]);
    expect(ranges.at(-1)![1]).toBeLessThan(2 ** 32);
  });

  it('gives different seeds different random streams', () => {
    fc.assert(
      fc.property(scene, scene, (a, b) => {
        fc.pre(a.split !== b.split);
        const streams = [a, b].map(({ split, index }) => new Random(toyboxSeed(split, index)).uniforms(4).join());
        expect(streams[0]).not.toBe(streams[1]);
      }),
    );
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('refuses the index %s', (index) => {
    for (const split of SPLITS) expect(() => toyboxSeed(split, index)).toThrow(InvalidInputError);
  });

  it('refuses a split that does not exist, and lists the ones that do', () => {
    expect(() => toyboxSeed('holdout' as Split, 0)).toThrow(/holdout.*train, validation, test/);
  });
});
