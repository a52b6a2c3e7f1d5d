import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { additiveMask, selfAttention } from '../../src/nn/attention.js';
import { block, buildBlock } from '../../src/nn/block.js';
import { layerNorm } from '../../src/nn/layer-norm.js';
import { mlp } from '../../src/nn/mlp.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { onOneBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { fill, normals, release } from './plain.js';

onOneBackend();

const CONFIG = {
  width: 4,
  heads: 2,
  qkvBias: true,
  projBias: true,
  mlpRatio: 2,
  mlpBias: true,
  gatedMlp: false,
  activation: 'GELU',
} as const;

test('adds attention, then the MLP, to its input, and keeps only its result', async () => {
  const list = new ParameterList();
  const layer = buildBlock(list, CONFIG);
  fill(list);
  const x = tf.tensor3d(normals(2 * 3 * 4, 1), [2, 3, 4]);
  const mask = additiveMask([0, 0, 1, 0, 1, 1], [2, 1, 3]);
  const before = tf.memory().numTensors;
  const y = block(layer, x, mask);
  expect(tf.memory().numTensors).toBe(before + 1);
  const expected = tf.tidy(() => {
    const attended = tf.add(x, selfAttention(layer.attn, layerNorm(layer.norm1, x), mask).output);
    return tf.add(attended, mlp(layer.mlp, layerNorm(layer.norm2, attended)));
  });
  expectClose(await y.data(), await expected.data(), { rtol: 1e-6, atol: 1e-6 });
  tf.dispose([x, mask, y, expected]);
  release(list);
});

test('is the identity while its projections are zero', async () => {
  const list = new ParameterList();
  const layer = buildBlock(list, CONFIG);
  fill(list);
  for (const p of [layer.attn.proj, layer.mlp.fc2]) {
    p.weight.load(new Float32Array(p.weight.size));
    p.bias!.load(new Float32Array(p.bias!.size));
  }
  const x = tf.tensor3d(normals(3 * 4, 2), [1, 3, 4]);
  const y = block(layer, x);
  expect(await y.data()).toEqual(await x.data());
  tf.dispose([x, y]);
  release(list);
});
