import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type Condition, guidancePasses, guide, isGuided } from '../../src/decoding/guidance.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose, vectorCase } from '../vectors.js';

onEachBackend(() => {
  it('gen_cfg_formula: one condition and several equal the reference', async () => {
    const { about, data } = vectorCase('gen_cfg_formula');
    const read = (name: string) => tf.tensor(data.read(name) as Float32Array, [2, 5, 20]);
    const [cond, cond2, uncond] = [read('in.cond'), read('in.cond2'), read('in.uncond')];
    const one = await guide(uncond, [cond], [2.5]).data();
    expectClose(one, data.read('out.guided_2.5') as Float32Array, about.tolerance);
    const two = await guide(uncond, [cond, cond2], [1.5, -0.7]).data();
    expectClose(two, data.read('out.multi_w1.5_w-0.7') as Float32Array, about.tolerance);
  });

  it('with scale 1 gives the conditional logits, with scale 0 the unconditional ones', async () => {
    const [cond, uncond] = [tf.tensor1d([1, -2, 3]), tf.tensor1d([0.5, 4, -1])];
    expectClose(await guide(uncond, [cond], [1]).data(), await cond.data(), { rtol: 1e-6, atol: 1e-6 });
    expectClose(await guide(uncond, [cond], [0]).data(), await uncond.data(), { rtol: 1e-6, atol: 1e-6 });
  });
});

it('without effect needs no extra pass', () => {
  expect(isGuided({ scale: 1, conditions: ['caption'] })).toBe(false);
  expect(isGuided({ scale: 3, conditions: [] })).toBe(false);
  expect(isGuided(undefined)).toBe(false);
  expect(isGuided({ scale: 3, conditions: ['caption'] })).toBe(true);
});

it('a condition without a weight has weight 0, and every condition contains the target', () => {
  const part = () => ({
    inputMask: Uint8Array.of(1),
    targetMask: Uint8Array.of(0),
    decoderAttentionMask: Int32Array.of(0),
  });
  const [target, caption, det] = [part(), part(), part()];
  const vocabulary = { padId: 0, eosId: 1, sentinelIds: [2, 3, 4] };
  const batch = { size: 1, modalities: { 'tok_rgb@224': target } };
  const conditions: Condition[] = [{ caption }, { det }];
  const { batches, weights } = guidancePasses(batch, 'tok_rgb@224', { weights: [2], conditions }, {}, vocabulary);
  expect(weights).toEqual([2, 0]);
  expect(batches.map(({ modalities }) => Object.keys(modalities).sort())).toEqual([
    ['caption', 'tok_rgb@224'],
    ['det', 'tok_rgb@224'],
    ['tok_rgb@224'],
  ]);
  for (const { modalities } of batches) expect(modalities['tok_rgb@224']).toBe(target);
});
