import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
test.each(['cpu','wasm','node'] as const)('%s', async (n) => {
  await useBackend(n);
  const w = tf.variable(tf.tensor2d([[1, 2], [3, 4]]));
  const g = tf.variableGrads(() => tf.sum(tf.square(tf.matMul(tf.gather(w,tf.tensor1d([0,1,1],'int32')), w))) as tf.Scalar);
  expect((await g.value.data())[0]).toBeGreaterThan(1);
  expect(tf.getBackend()).toBe(n==='node'?'tensorflow':n);
});
