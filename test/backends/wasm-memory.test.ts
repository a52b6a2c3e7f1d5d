import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import type { WasmBackend } from '../../backends/wasm/backend.js';
import { guardMemory, type WasmMemory } from '../../backends/wasm/memory.js';
import { xnnpackMatMul, xnnpackMemory } from '../../backends/wasm/xnnpack.js';
import { MemoryError } from '../../src/errors.js';

const listeners = () => process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
const listenersBefore = listeners();

describe('memory of the wasm backend', () => {
  let memory: WasmMemory;
  let limit: number;

  beforeAll(async () => {
    await useBackend('wasm');
    memory = guardMemory(tf.backend() as unknown as WasmBackend);
    limit = memory.limit;
  });

  afterEach(() => {
    memory.limit = limit;
    tf.disposeVariables();
  });

  test('counts allocated and freed tensors', () => {
    const before = memory.used;
    const x = tf.zeros([1000]);
    x.dataSync();
    expect(memory.used - before).toBe(4000);
    x.dispose();
    expect(memory.used).toBe(before);
  });

  test('counts the packed copy of a right side for its lifetime', () => {
    const x = tf.ones([1, 100]);
    const weight = tf.ones([100, 50]);
    const before = memory.used;
    const backend = tf.backend() as unknown as WasmBackend;
    const multiply = () =>
      backend.disposeData(xnnpackMatMul(backend, { a: x, b: weight }, { transposeA: false, transposeB: false }).dataId);
    multiply();
    expect(memory.used - before).toBeGreaterThanOrEqual(4 * 100 * 50);
    const packed = memory.used;
    multiply();
    expect(memory.used).toBe(packed);
    tf.dispose([x, weight]);
    expect(memory.used).toBe(before - 4 * (100 + 5000));
  });

  test.each([
    ['one product', [40, 30], [30, 20], false, false],
    ['a transposed left side', [30, 40], [30, 20], true, false],
    ['a transposed right side', [40, 30], [20, 30], false, true],
    ['a batch with one right side', [3, 40, 30], [1, 30, 20], false, false],
    ['a batch of products', [3, 40, 30], [3, 20, 30], false, true],
    ['a batch of small products', [3, 2, 30], [3, 30, 20], false, false],
  ] as const)('the scratch declared without SIMD is what %s takes', (_, left, right, transposeA, transposeB) => {
    const inputs = { a: tf.ones([...left]), b: tf.ones([...right]) };
    tf.dispose([tf.abs(inputs.a), tf.abs(inputs.b)]); // on the device from here on
    const backend = tf.backend() as unknown as WasmBackend;
    const attrs = { transposeA, transposeB };
    const { scratch = 0 } = xnnpackMemory(backend, inputs, attrs);
    const before = memory.used;
    memory.peak = before;
    const out = xnnpackMatMul(backend, inputs, attrs);
    const took = memory.peak - before - 4 * tf.util.sizeFromShape(out.shape);
    expect(took).toBeLessThanOrEqual(scratch);
    expect(scratch).toBeLessThanOrEqual(1.3 * took);
    backend.disposeData(out.dataId);
    tf.dispose(inputs);
  });

  test('exceeding the limit is a MemoryError, and nothing leaks', () => {
    const kept = tf.fill([256], 3);
    memory.limit = memory.used + 4096;
    expect(() => tf.ones([64, 64])).toThrow(MemoryError);
    expect(() => tf.ones([64, 64])).toThrow(/no memory for another 16384 bytes.*smaller batch/);
    expect(() => tf.tidy(() => tf.concat([kept, kept, kept, kept, kept]))).toThrow(MemoryError);
    const sum = tf.sum(kept);
    expect(sum.dataSync()[0]).toBe(768);
    tf.dispose([kept, sum]);
  });

  test.each([
    { a: [64, 64], b: [64, 64] },
    { a: [4, 32, 16], b: [4, 16, 32] },
    { a: [4, 32, 16], b: [4, 32, 16] },
  ])('a product without room for its copies leaves none of its parts behind: $a times $b', ({ a, b }) => {
    const [x, y] = [tf.ones(a), tf.ones(b)];
    const multiply = () => tf.matMul(x, y, false, a.length === 3 && a[1] === b[1]);
    const buffers = tf.engine().backend.numDataIds();
    const used = memory.used;
    const needed = (() => {
      const product = multiply();
      const peak = memory.used - used;
      product.dispose();
      return peak;
    })();
    const [p, q] = [tf.ones(a), tf.ones(b)];
    x.dispose();
    y.dispose();
    const before = memory.used;
    memory.limit = before + needed - 1;
    expect(() => tf.matMul(p, q, false, a.length === 3 && a[1] === b[1])).toThrow(MemoryError);
    expect(memory.used).toBe(before);
    expect(tf.engine().backend.numDataIds()).toBe(buffers);
    memory.limit = limit;
    tf.dispose([p, q]);
  });
});

test('starting wasm leaves uncaught errors to Node', () => {
  expect(listeners()).toBe(listenersBefore);
});
