import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CheckpointError, InvalidInputError } from '../../../src/errors.js';
import { constant } from '../../../src/nn/initializers.js';
import { buildLinear, linear } from '../../../src/nn/linear.js';
import { addLora, mergeLora } from '../../../src/nn/lora.js';
import { packedRowsFallback } from '../../../src/nn/packed/packed-matrix.js';
import { type PackedDtype, packRows, unpackRows } from '../../../src/nn/packed/packing.js';
import { Parameter, ParameterList } from '../../../src/nn/parameters.js';
import { onBackends, onOneBackend } from '../../on-backends.js';
import { expectClose } from '../../vectors.js';
import { fill, normals, release } from '../plain.js';

const dtypes = fc.constantFrom<PackedDtype>('f16', 'int8');

/** A matrix of any size; one in eight of its numbers is 0. */
const matrices = fc
  .record({ rows: fc.integer({ min: 1, max: 20 }), width: fc.integer({ min: 1, max: 70 }), seed: fc.nat(999) })
  .map(({ rows, width, seed }) => ({
    rows,
    width,
    values: normals(rows * width, seed).map((x, i) => (i % 8 === 3 ? 0 : x)),
  }));

test('the int8 error is at most half a step, and zero for the largest value of a row', () => {
  fc.assert(
    fc.property(matrices, ({ rows, width, values }) => {
      const unpacked = unpackRows(packRows(values, rows, 'int8', 'w'), rows, width);
      for (let row = 0; row < rows; row++) {
        const own = values.subarray(row * width, (row + 1) * width);
        const largest = Math.max(...own.map(Math.abs));
        own.forEach((x, i) => {
          const error = Math.abs(unpacked[row * width + i]! - x);
          expect(error).toBeLessThanOrEqual((Math.abs(x) === largest ? 1e-6 : 0.5001 / 127) * largest);
        });
      }
    }),
  );
});

test('f16 keeps eleven bits, and is exact for values with no more', () => {
  fc.assert(
    fc.property(matrices, ({ rows, width, values }) => {
      const unpacked = unpackRows(packRows(values, rows, 'f16', 'w'), rows, width);
      expectClose(unpacked, values, { rtol: 2 ** -11, atol: 2 ** -25 });
      expect(unpackRows(packRows(unpacked, rows, 'f16', 'w'), rows, width)).toEqual(unpacked);
    }),
  );
});

test('halves round to even; a row of zeros stays zero', () => {
  const values = Float32Array.of(127, 0.5, 1.5, -2.5, 0, 0, 0, 0);
  expect([...unpackRows(packRows(values, 2, 'int8', 'w'), 2, 4)]).toEqual([127, 0, 2, -2, 0, 0, 0, 0]);
});

test('int8 rows are interleaved by four, two words each, the rest contiguous; f16 rows are contiguous', () => {
  const values = Float32Array.from({ length: 5 * 16 }, (_, i) => (i % 16 === 15 ? 127 : i));
  const named = (start: number, count: number) => Array.from({ length: count }, (_, i) => (start + i) % 128);
  const bytes = new Int8Array(
    packRows(
      values.map((x) => x % 128),
      5,
      'int8',
      'w',
    ).words.buffer,
  );
  const order = [0, 16, 32, 48, 8, 24, 40, 56, 64, 72].flatMap((start) => named(start, 8));
  expect([...bytes]).toEqual(order.map((x) => (x % 16 === 15 ? 127 : x)));
  expect(unpackRows(packRows(values, 5, 'f16', 'w'), 5, 16)).toEqual(values);
});

test.each<[PackedDtype, number]>([
  ['f16', 65520],
  ['f16', -1e9],
  ['f16', Number.NaN],
  ['int8', Number.POSITIVE_INFINITY],
  ['int8', Number.NaN],
])('%s cannot represent %d, and the error names the tensor', (dtype, value) => {
  expect(() => packRows(Float32Array.of(1, value, 2), 1, dtype, 'encoder.0.weight')).toThrow(CheckpointError);
  expect(() => packRows(Float32Array.of(1, value, 2), 1, dtype, 'encoder.0.weight')).toThrow('"encoder.0.weight"');
});

onBackends(['cpu', 'wasm'], () => {
  test('the readable operations unpack to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(matrices, dtypes, async ({ rows, width, values }, dtype) => {
        const parameter = packed([rows, width], dtype, values);
        const indices = tf.tensor1d([rows - 1, 0, rows >> 1], 'int32');
        const taken = packedRowsFallback(parameter.packed, indices);
        const all = await parameter.read();
        const expected = [rows - 1, 0, rows >> 1].flatMap((row) => [...all.subarray(row * width, (row + 1) * width)]);
        expect([...(await taken.data())]).toEqual(expected);
        parameter.dispose();
        tf.dispose([indices, taken]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a packed parameter', () => {
  onOneBackend();

  test('allocates exactly `byteLengthAs`, and releases it', () => {
    fc.assert(
      fc.property(matrices, dtypes, ({ rows, width, values }, dtype) => {
        const before = tf.memory().numBytes;
        const parameter = packed([rows, width], dtype, values);
        expect(tf.memory().numBytes - before).toBe(parameter.byteLengthAs(dtype));
        parameter.load(values);
        expect(tf.memory().numBytes - before).toBe(parameter.byteLengthAs(dtype));
        parameter.dispose();
        expect(parameter.loaded).toBe(false);
        expect(tf.memory().numBytes).toBe(before);
      }),
    );
  });

  test('cannot be trained or changed; small parameters are never packed', () => {
    const matrix = packed([2, 3], 'int8', normals(6, 1));
    expect(() => matrix.value).toThrow(InvalidInputError);
    expect(() => matrix.value).toThrow('"w" is kept as int8');
    expect(() => matrix.setDtype('f32')).toThrow(InvalidInputError);
    matrix.dispose();
    const bias = new Parameter('b', [3], { init: constant(0) });
    bias.setDtype('int8');
    expect([bias.dtype, bias.byteLengthAs('int8')]).toEqual(['f32', 12]);
    expect(() => packed([2, 3], 'f16')).not.toThrow();
    expect(() => packed([2, 3], 'f16').packed).toThrow(CheckpointError);
  });

  test('passes gradients to its input and adapters, which cannot be merged into it', async () => {
    const list = new ParameterList();
    const layer = buildLinear(list.scope('qkv'), 6, 9);
    for (const parameter of list.all) parameter.setDtype('int8');
    const adapters = addLora(list, [layer], { rank: 1, scale: 2 });
    fill(list);
    const x = tf.tensor2d(normals(12, 3), [2, 6]);
    const loss = () => tf.sum(tf.square(linear(layer, x))) as tf.Scalar;
    const { value, grads } = tf.variableGrads(
      loss,
      adapters.map(({ value }) => value),
    );
    for (const gradient of Object.values(grads)) expect((await gradient.data()).some(Boolean)).toBe(true);
    expect(() => mergeLora(list, [layer])).toThrow(InvalidInputError);
    tf.dispose([x, value, ...Object.values(grads)]);
    release(list);
  });
});

function packed(shape: number[], dtype: PackedDtype, values?: Float32Array): Parameter {
  const parameter = new Parameter('w', shape, { init: constant(0), packable: true, transposed: true });
  parameter.setDtype(dtype);
  if (values) parameter.load(values);
  return parameter;
}
