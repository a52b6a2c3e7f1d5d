import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compare } from '../../../spec/harness/comparison.js';
import type { Result } from '../../../spec/harness/results.js';
import type { Tolerance } from '../../../spec/harness/tolerance.js';
import type { Expected, ExpectedTensor } from '../../../spec/harness/vector.js';

const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 30 });
const close = (atol: number, rtol = 0): Tolerance => ({ form: 'close', atol, rtol });
const exact: Tolerance = { form: 'exact' };
const none = () => [];

function tensor(data: readonly number[], entry: Partial<ExpectedTensor> = {}): Result & { tensor: object } {
  return { tensor: { dtype: 'F32', shape: [data.length], ...entry, data: Float32Array.from(data) } };
}

function wanted(data: readonly number[], tolerance: Tolerance, entry: Partial<ExpectedTensor> = {}): Expected {
  const described = { dtype: 'F32' as const, shape: [data.length], ...entry };
  return { name: 'x', tolerance, kind: 'tensor', entry: described, read: () => Float32Array.from(data) };
}

const value = (expected: unknown, tolerance: Tolerance = exact): Expected => ({
  name: 'x',
  tolerance,
  kind: 'value',
  value: expected,
});

test('values are equal to themselves, NaN and infinities too', () => {
  fc.assert(
    fc.property(fc.array(fc.float()), (list) => {
      expect(compare(wanted(list, exact), tensor(list), none).difference).toBeUndefined();
    }),
  );
});

test('one value that is off is found where it is', () => {
  fc.assert(
    fc.property(values, fc.nat(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 3e38), (list, at, wrong) => {
      const i = at % list.length;
      const spoiled = list.with(i, wrong);
      fc.pre(Math.abs(wrong - list[i]!) > 1e38 || Number.isNaN(wrong));
      for (const [ours, theirs] of [
        [spoiled, list],
        [list, spoiled],
      ] as const) {
        expect(compare(wanted(theirs, close(0.1, 0.1)), tensor(ours), none).difference?.at).toBe(`[${i}]`);
      }
    }),
  );
});

test('errors within atol + rtol · |expected| are tolerated, larger ones are not', () => {
  const off = (by: number) => compare(wanted([100, 0], close(0.5, 0.01)), tensor([100 + by, 0]), none);
  expect(off(1.49).difference).toBeUndefined();
  expect(off(1.49).absolute).toBeCloseTo(1.49, 4);
  expect(off(-1.51).difference).toMatchObject({
    at: '[0]',
    wrong: 1,
    count: 2,
    worstAbsolute: expect.closeTo(1.51, 4),
  });
});

test('shapes and element types are compared', () => {
  const expected = wanted([1, 2, 3, 4, 5, 6], exact, { shape: [2, 3] });
  const message = (result: Result) => compare(expected, result, none).difference?.message;
  expect(message(tensor([1, 2, 3, 4, 5, 6], { shape: [3, 2] }))).toBe('has shape [3, 2] instead of [2, 3]');
  expect(message(tensor([1, 2, 3, 4, 5, 6], { shape: [6] }))).toBe('has shape [6] instead of [2, 3]');
  expect(message(tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3], dtype: 'F64' }))).toBe('has dtype F64 instead of F32');
  expect(message({ value: 1 })).toBe('is no tensor');
});

test.each<[string, Tolerance, number[], number[], boolean]>([
  ['a hue a turn away', { form: 'circular', period: 180, atol: 1 }, [179.5], [0], true],
  ['a hue on the other side', { form: 'circular', period: 180, atol: 1 }, [90], [0], false],
  [
    'a channel with a tolerance of its own',
    { form: 'channels', channels: [close(1), exact] },
    [1.5, 2, 1.5, 2],
    [1, 2, 1, 2],
    true,
  ],
  ['a channel that is exact', { form: 'channels', channels: [close(1), exact] }, [1, 2, 1, 2.5], [1, 2, 1, 2], false],
  ['an angle near 180°', { form: 'angle', atol: 1e-5, straight: 0.5, straightAtol: 0.01 }, [179.99], [179.995], true],
  ['an angle of 90°', { form: 'angle', atol: 1e-5, straight: 0.5, straightAtol: 0.01 }, [90.005], [90], false],
  ['vectors of one direction', { form: 'cosine', least: 0.999 }, [2, 0.01], [1, 0], true],
  ['vectors of two directions', { form: 'cosine', least: 0.999 }, [1, 1], [1, 0], false],
  ['three of four', { form: 'share', least: 0.75, of: exact }, [1, 2, 3, 0], [1, 2, 3, 4], true],
  ['two of four', { form: 'share', least: 0.75, of: exact }, [1, 2, 0, 0], [1, 2, 3, 4], false],
  ['any number where NaN is expected', { form: 'close', atol: 0, rtol: 0, nan: 'any' }, [7], [Number.NaN], true],
  ['an id that ties', { form: 'untied', margins: [0.001, 1], tie: 0.005 }, [9, 2], [1, 2], true],
  ['an id that does not', { form: 'untied', margins: [0.001, 1], tie: 0.005 }, [1, 9], [1, 2], false],
])('%s', (_, tolerance, actual, expected, isRight) => {
  expect(compare(wanted(expected, tolerance), tensor(actual), none).difference === undefined).toBe(isRight);
});

test('rotations near π may have the opposite sign, and no others', () => {
  const tolerance: Tolerance = { form: 'sign', width: 2, atol: 1e-6, nearPi: 'near', piAtol: 1e-3 };
  const result = (list: number[]) => compare(wanted([1, 0, 0, 1], tolerance), tensor(list), () => [1, 0]).difference;
  expect(result([-1, 0, 0, 1])).toBeUndefined();
  expect(result([-1, 0, 0, -1])?.at).toBe('[3]');
});

test('ids with tied expected logits may be swapped, and no others', () => {
  const tolerance: Tolerance = { form: 'untied', scores: 'scores', tie: 0.01 };
  const result = (ids: number[]) =>
    compare(wanted([7, 8, 9], tolerance, { shape: [1, 3] }), tensor(ids, { shape: [1, 3] }), () => [5, 4.995, 3])
      .difference;
  expect(result([7, 8, 9])).toBeUndefined();
  expect(result([8, 7, 9])).toBeUndefined();
  expect(result([7, 9, 8])?.at).toBe('[0, 1]');
  expect(result([6, 8, 9])?.at).toBe('[0, 0]');
  // Below the last of the row there may be one that ties with it.
  expect(result([7, 8, 6])).toBeUndefined();
});

test('values are compared element by element, numbers within the tolerance', () => {
  const at = (actual: unknown, expected: unknown, tolerance: Tolerance = exact) =>
    compare(value(expected, tolerance), { value: actual }, none).difference?.message;
  expect(at({ a: [1, 'x', null] }, { a: [1, 'x', null] })).toBeUndefined();
  expect(at({ a: [1, 'y', null] }, { a: [1, 'x', null] })).toBe('is "y" instead of "x" at /a/1');
  expect(at({ a: 1.5 }, { a: 1 }, close(0.1))).toContain('is 1.5 instead of 1 at /a');
  expect(at({ a: 1.05 }, { a: 1 }, close(0.1))).toBeUndefined();
  expect(at({}, { a: 1 })).toBe('lacks "a"');
  expect(at({ a: 1, b: 2 }, { a: 1 })).toContain('has "b", which is not expected');
  expect(at({ a: 1, b: 2 }, { a: 1 }, { form: 'fields', fields: exact })).toBeUndefined();
  expect(at('Infinity', 'Infinity')).toBeUndefined();
  expect(at([2, 1], [1, 2])).toBeDefined();
  expect(at([2, 1], [1, 2], { form: 'unordered' })).toBeUndefined();
});

test('a result where a rejection is expected fails, and so does a rejection of valid input', () => {
  const rejection: Expected = { name: 'x', tolerance: exact, kind: 'rejection' };
  expect(compare(rejection, { rejected: 'no' }, none).difference).toBeUndefined();
  expect(compare(rejection, { value: 1 }, none).difference?.message).toContain('must be rejected');
  expect(compare(rejection, undefined, none).difference?.message).toBe('is missing');
  expect(compare(value(1), { rejected: 'no' }, none).difference?.message).toContain('but the input is valid');
  const either = wanted([1], exact, { rejection: 'allowed' });
  expect(compare(either, { rejected: 'no' }, none).difference).toBeUndefined();
  expect(compare(either, tensor([2]), none).difference).toBeDefined();
});
