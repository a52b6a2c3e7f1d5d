import * as tf from '@tensorflow/tfjs-core';
import { test } from 'vitest';
import { buildGroupNorm, groupNorm } from '../../src/nn/group-norm.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';

onEachBackend(() => {
  test('each group has mean 0 and variance 1 over its channels and all positions', async () => {
    const list = new ParameterList();
    const norm = buildGroupNorm(list, 4, 2);
    norm.weight.load(Float32Array.of(1, 1, 2, 1));
    norm.bias.load(Float32Array.of(0, 0, 0, 5));
    // The first group holds 1, 3, 3, 1 at two positions; the second 10, 30, 30, 10.
    const x = tf.tensor4d([1, 3, 10, 30, 3, 1, 30, 10], [1, 1, 2, 4]);
    const y = groupNorm(norm, x);
    expectClose(await y.data(), [-1, 1, -2, 6, 1, -1, 2, 4], { rtol: 1e-4, atol: 0 });
    tf.dispose([x, y]);
    for (const parameter of list.all) parameter.dispose();
  });
});
