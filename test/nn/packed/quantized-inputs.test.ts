/** `int8-dynamic`: weights as in int8, and inputs of many tokens in 7 bits. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildLinear, type Linear, linear } from '../../../src/nn/linear.js';
import type { WeightDtype } from '../../../src/nn/packed/packing.js';
import { ParameterList } from '../../../src/nn/parameters.js';
import { roundHalfToEven } from '../../../src/numeric.js';
import { onEachBackend } from '../../on-backends.js';
import { expectClose } from '../../vectors.js';
import { fill, normals, release } from '../plain.js';

/** The same map with weights of a type. */
function mapWith(dtype: WeightDtype, input: number, output: number, bias: boolean): [ParameterList, Linear] {
  const list = new ParameterList();
  const map = buildLinear(list, input, output, bias);
  map.weight.setDtype(dtype);
  fill(list, 7);
  return [list, map];
}

async function apply(dtype: WeightDtype, values: Float32Array, shape: number[], output: number, bias: boolean) {
  const [list, map] = mapWith(dtype, shape.at(-1)!, output, bias);
  const x = tf.tensor(values, shape);
  const product = linear(map, x);
  const result = (await product.data()) as Float32Array;
  tf.dispose([x, product]);
  release(list);
  return result;
}

/** Each row to whole numbers from -63 to 63 times its largest magnitude over 63. */
function roundedRows(values: Float32Array, width: number): Float32Array {
  const rounded = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const largest = row.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const factor = Math.fround(63 / largest);
    if (largest > 0)
      rounded.set(
        row.map((x) => roundHalfToEven(Math.fround(x * factor)) * (largest / 63)),
        start,
      );
  }
  return rounded;
}

const upTo = (max: number) => fc.integer({ min: 1, max });
const cases = fc.record({ batch: upTo(3), input: upTo(70), output: upTo(40), bias: fc.boolean(), seed: upTo(999) });

onEachBackend(() => {
  test('inputs of many tokens are rounded row by row; a row of zeros stays zero', async () => {
    const property = fc.asyncProperty(
      cases,
      fc.integer({ min: 17, max: 40 }),
      async ({ batch, input, output, bias, seed }, tokens) => {
        const values = normals(batch * tokens * input, seed);
        values.fill(0, input, 2 * input);
        const shape = [batch, tokens, input];
        const found = await apply('int8-dynamic', values, shape, output, bias);
        expectClose(found, await apply('int8', roundedRows(values, input), shape, output, bias), {
          atol: 1e-4,
          rtol: 1e-4,
        });
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });

  test('inputs of few tokens are not, whatever the size of the batch, and rows without samples neither', async () => {
    const property = fc.asyncProperty(cases, upTo(16), async ({ batch, input, output, bias, seed }, tokens) => {
      const values = normals(12 * batch * tokens * input, seed);
      for (const shape of [
        [12 * batch, tokens, input],
        [12 * batch * tokens, input],
      ]) {
        const found = await apply('int8-dynamic', values, shape, output, bias);
        expect(found).toEqual(await apply('int8', values, shape, output, bias));
      }
    });
    await fc.assert(property, { numRuns: 5 });
  });

  test('NaN and infinities stay in their row', async () => {
    for (const broken of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const values = normals(20 * 18, 1);
      const whole = await apply('int8-dynamic', values, [1, 20, 18], 5, true);
      const found = await apply('int8-dynamic', values.with(20, broken), [1, 20, 18], 5, true);
      found.forEach((value, i) => {
        if (i >= 5 && i < 10) expect(value).toBeNaN();
        else expect(value).toBe(whole[i]);
      });
    }
  });
});
