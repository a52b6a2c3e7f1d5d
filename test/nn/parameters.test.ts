import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CheckpointError } from '../../src/errors.js';
import { constant, glorot, type Initializer, normal, table } from '../../src/nn/initializers.js';
import { Parameter, ParameterList } from '../../src/nn/parameters.js';
import { parametersIn } from '../../src/nn/parameters-in.js';
import { Random } from '../../src/random.js';
import { onEachBackend, onOneBackend } from '../on-backends.js';
import { normals } from './plain.js';

const zero = { init: constant(0) };

onEachBackend(() => {
  test.each([
    { shape: [5], transposed: false, device: [5] },
    { shape: [2, 3], transposed: false, device: [2, 3] },
    { shape: [2, 3], transposed: true, device: [3, 2] },
    { shape: [2, 3, 2, 4], transposed: true, device: [24, 2] },
  ])(
    '$shape is read as it was loaded, transposed on the device: $transposed',
    async ({ shape, transposed, device }) => {
      const before = tf.memory().numTensors;
      const parameter = new Parameter('weight', shape, { ...zero, transposed });
      const values = normals(parameter.size, 1);
      parameter.load(values);
      expect(parameter.value.shape).toEqual(device);
      expect(await parameter.read()).toEqual(values);
      if (transposed) {
        const [inner, out] = device as [number, number];
        const onDevice = await parameter.value.data();
        for (let o = 0; o < out; o++)
          for (let i = 0; i < inner; i++) expect(onDevice[i * out + o]).toBe(values[o * inner + i]);
        expect(parameter.toPublishedLayout(onDevice as Float32Array)).toEqual(values);
      }
      const again = normals(parameter.size, 2);
      parameter.load(again);
      expect(await parameter.read()).toEqual(again);
      parameter.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('on one backend', () => {
  onOneBackend();

  test('a parameter keeps its variable, with gradient and moments, when it is loaded again', () => {
    const parameter = new Parameter('weight', [2], zero);
    parameter.load(Float32Array.of(1, 2));
    const { id } = parameter.value;
    parameter.load(Float32Array.of(3, 4));
    expect(parameter.value.id).toBe(id);
    parameter.dispose();
  });

  test('an assigned tensor still belongs to the caller', () => {
    const parameter = new Parameter('weight', [2], zero);
    const tensor = tf.tensor1d([1, 2]);
    parameter.assign(tensor);
    tensor.dispose();
    expect([...parameter.value.dataSync()]).toEqual([1, 2]);
    parameter.dispose();
  });

  test('an unloaded or disposed parameter, and a wrong number of values, are named', () => {
    const parameter = new Parameter('encoder.weight', [2, 3], zero);
    expect(() => parameter.value).toThrow(
      new CheckpointError('the tensor "encoder.weight" was used before it was loaded'),
    );
    expect(() => parameter.load(new Float32Array(7))).toThrow('"encoder.weight" takes 6 values [2,3], not 7');
    expect(parameter.loaded).toBe(false);
    parameter.load(new Float32Array(6));
    expect(parameter.loaded).toBe(true);
    parameter.dispose();
    parameter.dispose();
    expect(() => parameter.value).toThrow(CheckpointError);
  });

  test('only trained parameters are trainable variables', () => {
    const [trained, buffer] = [new Parameter('a', [1], zero), new Parameter('b', [1], { ...zero, trainable: false })];
    for (const parameter of [trained, buffer]) parameter.load(Float32Array.of(0));
    expect([trained.value.trainable, buffer.value.trainable]).toEqual([true, false]);
    for (const parameter of [trained, buffer]) parameter.dispose();
  });

  test('initialised the same from the same seed', async () => {
    const read = async (seed: number) => {
      const parameter = new Parameter('w', [4, 3], { init: normal(1), transposed: true });
      parameter.initialize(new Random(seed));
      const values = await parameter.read();
      parameter.dispose();
      return [...values];
    };
    expect(await read(1)).toEqual(await read(1));
    expect(await read(1)).not.toEqual(await read(2));
  });
});

test('scopes prefix names, in the order of building; a shared parameter has one more name and is listed once', () => {
  const list = new ParameterList();
  const first = list.scope('encoder').scope('blocks.0').add('weight', [1], zero);
  const second = list.add('bias', [2], zero);
  list.scope('decoder').share('weight', first);
  expect(list.all).toEqual([first, second]);
  expect(first.names).toEqual(['encoder.blocks.0.weight', 'decoder.weight']);
});

test('`parametersIn` finds nested parameters, each once, and skips values that are not records', () => {
  const list = new ParameterList();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => list.add(name, [1], zero));
  const layer = { weight: a, bias: undefined, epsilon: 1e-6, adapter: { down: [b] } };
  expect(parametersIn([layer, { shared: a }, null, 'text', new Float32Array(3), [[c]]])).toEqual([a, b, c]);
  expect(parametersIn({})).toEqual([]);
});

describe('initialisers', () => {
  const drawn = (init: Initializer, shape: readonly number[]) => {
    const values = new Float32Array(shape.reduce((a, b) => a * b));
    init(values, new Random(1), shape);
    return values;
  };
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

  test('normal has mean 0 and the given deviation', () => {
    const values = drawn(normal(0.3), [20_000]);
    expect(Math.abs(mean(values))).toBeLessThan(0.01);
    expect(Math.sqrt(mean(values.map((v) => v * v)))).toBeCloseTo(0.3, 2);
  });

  test('Glorot’s is uniform up to √(6 / (in + out)), for each fused matrix', () => {
    const cases = fc.constantFrom(
      { shape: [40, 60], parts: 1, bound: Math.sqrt(6 / 100) },
      { shape: [180, 60], parts: 3, bound: Math.sqrt(6 / 120) },
      { shape: [40, 3, 4, 5], parts: 1, bound: Math.sqrt(6 / 100) },
    );
    fc.assert(
      fc.property(cases, ({ shape, parts, bound }) => {
        const values = drawn(glorot(parts), shape);
        const largest = values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        expect(largest).toBeLessThanOrEqual(bound);
        expect(largest).toBeGreaterThan(0.99 * bound);
        expect(Math.abs(mean(values))).toBeLessThan(0.05 * bound);
        expect(mean(values.map((v) => v * v))).toBeCloseTo(bound ** 2 / 3, 2);
      }),
      { numRuns: 3 },
    );
  });

  test('constants and tables have their values', () => {
    expect([...drawn(constant(2), [3])]).toEqual([2, 2, 2]);
    expect([
      ...drawn(
        table(() => Float32Array.of(1, 2, 3)),
        [3],
      ),
    ]).toEqual([1, 2, 3]);
  });
});
