import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import type { WasmBackend } from '../../../backends/wasm/backend.js';
import { xnnpackMatMul } from '../../../backends/wasm/xnnpack.js';
import { normals } from '../../nn/plain.js';
import { expectClose } from '../../vectors.js';

beforeAll(() => useBackend('wasm'));

/** The product kernel of a backend with threads, run without threads: it must have the same results as the one without. */
test.each([
  { a: [1, 5], b: [5, 3] },
  { a: [20, 30], b: [30, 40] },
  { a: [2, 3, 4], b: [2, 4, 5] },
  { a: [2, 20, 24], b: [2, 24, 18] },
  { a: [2, 3, 4], b: [4, 5] },
  { a: [3, 4], b: [2, 4, 5] },
  { a: [2, 1, 20, 16], b: [1, 3, 16, 20] },
  { a: [20, 0], b: [0, 3] },
])('$a times $b by XNNPACK', ({ a, b }) => {
  const random = (shape: number[], seed: number) => tf.tensor(normals(tf.util.sizeFromShape(shape), seed), shape);
  const swapped = (shape: number[]) => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
  const backend = tf.backend() as unknown as WasmBackend;
  for (const [transposeA, transposeB] of [
    [false, false],
    [true, false],
    [false, true],
  ] as const) {
    const x = random(transposeA ? swapped(a) : a, 1);
    const y = random(transposeB ? swapped(b) : b, 2);
    const expected = tf.matMul(x, y, transposeA, transposeB);
    const [before, buffers] = [tf.memory().numBytes, tf.engine().backend.numDataIds()];
    const product = xnnpackMatMul(backend, { a: x, b: y }, { transposeA, transposeB });
    expect(product.shape).toEqual(expected.shape);
    expectClose(backend.typedArrayFromHeap(product), expected.dataSync(), { rtol: 1e-5, atol: 1e-5 });
    backend.disposeData(product.dataId);
    expect([tf.memory().numBytes, tf.engine().backend.numDataIds()]).toEqual([before, buffers]);
    tf.dispose([x, y, expected]);
  }
});
