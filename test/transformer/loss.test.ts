import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { crossEntropy } from '../../src/nn/cross-entropy.js';
import { forward } from '../../src/transformer/forward.js';
import { fourMLoss } from '../../src/transformer/loss.js';
import { onBackends, onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { fmCase, referenceBatch, referenceModel } from './reference.js';

onEachBackend(() => {
  it('cross-entropy and its gradient equal the formula', async () => {
    const ids = Int32Array.of(2, 0, 1);
    const logits = tf.tensor2d([1, -2, 3, 0.5, 0, 4, -1, 40, 2], [3, 3]);
    const hot = tf.tensor2d([0, 0, 1, 1, 0, 0, 0, 1, 0], [3, 3]);
    const writtenOut = (x: tf.Tensor2D) => tf.mul(tf.sum(tf.mul(hot, tf.log(tf.softmax(x)))), -2 / 3) as tf.Scalar;
    const [actual, expected] = [(x: tf.Tensor2D) => tf.mul(crossEntropy(x, ids), 2) as tf.Scalar, writtenOut].map(
      (loss) => tf.valueAndGrad((x) => loss(x as tf.Tensor2D))(logits),
    );
    const close = { rtol: 1e-4, atol: 1e-5 };
    expectClose(await actual!.value.data(), await expected!.value.data(), close, 'loss');
    expectClose(await actual!.grad.data(), await expected!.grad.data(), close, 'gradient');
  });
});

onBackends(['cpu', 'wasm', 'cuda', 'node'], () => {
  it('`token` weighs every target equally, `mod` every modality', async () => {
    const reference = fmCase('fm_mod7_registers');
    const model = await referenceModel(reference);
    const batch = referenceBatch(reference, model);
    const read = async (lossType: 'mod' | 'token') => {
      const { loss, perModality } = tf.tidy(() => {
        const losses = fourMLoss(model, batch, { lossType });
        return { loss: losses.loss, perModality: losses.perModality };
      });
      const names = Object.keys(perModality);
      const values = await Promise.all(names.map(async (name) => (await perModality[name]!.data())[0]!));
      return { loss: (await loss.data())[0]!, names, values };
    };
    const counts = new Map<string, number>();
    tf.tidy(() => {
      for (const { modality, sequenceIndices } of forward(model, batch).targets.gathered)
        counts.set(modality, sequenceIndices.length);
    });
    expect([...counts.values()]).toContain(0);

    const { loss, names, values } = await read('token');
    const total = [...counts.values()].reduce((a, b) => a + b, 0);
    expect(loss).toBeCloseTo(
      values.reduce((sum, value, i) => sum + (value * counts.get(names[i]!)!) / total, 0),
      4,
    );
    const mod = await read('mod');
    expect(mod.loss).toBeCloseTo(values.reduce((a, b) => a + b, 0) / values.length, 4);
    for (const parameter of model.parameters.all) parameter.dispose();
  });
});
