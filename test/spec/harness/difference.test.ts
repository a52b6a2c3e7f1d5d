import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOf, toleranceOf } from '../../../spec/harness/difference.js';

const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 30 });
const exact = { rtol: 0, atol: 0 };

test('values are equal to themselves, NaN and infinities too', () => {
  fc.assert(
    fc.property(fc.array(fc.float()), (list) => {
      expect(differenceOf('x', list, list, [list.length], exact).difference).toBeUndefined();
    }),
  );
});

test('one value that is off is found where it is', () => {
  fc.assert(
    fc.property(values, fc.nat(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e39), (list, at, wrong) => {
      const i = at % list.length;
      const spoiled = list.with(i, wrong);
      for (const [ours, theirs] of [
        [spoiled, list],
        [list, spoiled],
      ] as const) {
        expect(differenceOf('x', ours, theirs, [list.length], { rtol: 0.1, atol: 0.1 }).difference?.index).toEqual([i]);
      }
    }),
  );
});

test('what is within atol + rtol · |expected| is tolerated, and what is beyond is not', () => {
  const tolerance = { rtol: 0.01, atol: 0.5 };
  const off = (by: number) => differenceOf('x', [100 + by, 0], [100, 0], [2], tolerance);
  expect(off(1.49).difference).toBeUndefined();
  expect(off(1.49).absolute).toBeCloseTo(1.49);
  expect(off(-1.51).difference).toMatchObject({
    index: [0],
    worstAbsolute: expect.closeTo(1.51),
    worstRelative: expect.closeTo(0.0151),
  });
});

test('another number of values is a difference', () => {
  expect(differenceOf('x', [1, 2], [1], [1], exact).difference?.message).toBe('has 2 values instead of 1');
});

test('a case without numbers for its tolerance is held to double precision', () => {
  expect(toleranceOf({ floats: 'rtol 1e-9' })).toEqual({ rtol: 1e-9, atol: 1e-12 });
  expect(toleranceOf({ rtol: 0.1, atol: 0.2, ids: 'exact' })).toEqual({ rtol: 0.1, atol: 0.2 });
});
