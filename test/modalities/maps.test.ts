import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { binaryMask, depthAsFloats, shiftClasses, standardiseDepth } from '../../src/modalities/maps.js';
import { expectClose, vectorCase } from '../vectors.js';

const { about, data } = vectorCase('trans_image');

test.each([0, 1, 2])('published depth %i', (k) => {
  const [height, width] = data.tensors.get(`in.depth${k}`)!.shape as [number, number];
  const stored = { width, height, channels: 1, data: Uint16Array.from(data.read(`in.depth${k}`) as Int32Array) };
  const plain = depthAsFloats(stored);
  expectClose(plain.data, data.read(`out.depth${k}.plain`) as Float32Array, about.tolerance);
  expectClose(standardiseDepth(plain).data, data.read(`out.depth${k}.standardized`) as Float32Array, about.tolerance);
});

const map = <T extends Uint8Array | Float32Array>(values: T) => ({
  width: values.length,
  height: 1,
  channels: 1,
  data: values,
});

test('standardised depth does not depend on the unit', () => {
  const depths = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 20, maxLength: 40 });
  fc.assert(
    fc.property(depths, fc.constantFrom(2, 8, 100), (values, unit) => {
      fc.pre(new Set(values).size > 10);
      const standard = (scale: number) => standardiseDepth(map(Float32Array.from(values, (x) => scale * x + 5))).data;
      expectClose(standard(unit), standard(1), { rtol: 1e-3, atol: 1e-3 });
    }),
    { numRuns: 50 },
  );
});

test('the nearest and the furthest tenth do not count', () => {
  const depths = Float32Array.from({ length: 20 }, (_, i) => i);
  const extreme = depths.with(0, -1e6).with(19, 1e6);
  expect(standardiseDepth(map(extreme)).data.slice(1, 19)).toEqual(standardiseDepth(map(depths)).data.slice(1, 19));
});

test('depth of one pixel cannot be standardised', () => {
  expect(() => standardiseDepth(map(Float32Array.of(1)))).toThrow(InvalidInputError);
});

test('classes are shifted by one, and 255 becomes 0', () => {
  expect([...shiftClasses(map(Uint8Array.of(0, 1, 132, 254, 255))).data]).toEqual([1, 2, 133, 255, 0]);
});

test('only white is in a mask', () => {
  expect([...binaryMask(map(Uint8Array.of(0, 1, 128, 254, 255))).data]).toEqual([0, 0, 0, 0, 1]);
});
