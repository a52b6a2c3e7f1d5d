import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { generateTokens } from '../../src/decoding/generate.js';
import { currentDevice } from '../../src/memory/dry-run.js';
import { generationMemory } from '../../src/memory/generation.js';
import { Random } from '../../src/random.js';
import { disposeOf, randomModel, tinyVocabulary } from '../decoding/random-model.js';
import { expectPredicted } from './peak.js';

const SIZES = {
  'rgb@224': { input_size: 64, patch_size: 8 },
  'tok_depth@224': { input_size: 48, patch_size: 8, vocab_size: 200 },
  caption: { vocab_size: 60, max_tokens: 24, max_length: 25 },
  t5_caption: { orig_emb_dim: 12, max_tokens: 10 },
};
const vocabulary = { ...tinyVocabulary, eosId: -1, sentinelIds: [2, 3, -2] };

/** The most bytes that tensors of the cpu backend have at once while something runs. */
async function peakOnCpu(run: () => Promise<unknown>): Promise<number> {
  const backend = tf.backend();
  const sizes = new Map<object, number>();
  let [used, peak] = [0, 0];
  const [write, disposeData] = [backend.write.bind(backend), backend.disposeData.bind(backend)];
  backend.write = (values, shape, dtype) => {
    const id = write(values, shape, dtype);
    sizes.set(id, tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype));
    used += sizes.get(id)!;
    peak = Math.max(peak, used);
    return id;
  };
  backend.disposeData = (id, force) => {
    const gone = disposeData(id, force);
    if (gone) used -= sizes.get(id) ?? 0;
    return gone;
  };
  try {
    await run();
  } finally {
    Object.assign(backend, { write, disposeData });
  }
  return peak;
}

test.each([
  { modality: 'tok_depth@224', method: 'maskgit' as const, steps: 2 },
  { modality: 'caption', temperature: 1 },
])('what $modality takes where there are no named kernels', async (target) => {
  await useBackend('cpu');
  const config = { dim: 64, num_heads: 2, encoder_depth: 2, decoder_depth: 2 };
  const model = randomModel(1, config, SIZES);
  expect(currentDevice().named).toEqual([]);
  const predicted = generationMemory(model, currentDevice(), { inputs: { 'rgb@224': 64 }, targets: [target] })(1);
  const inputs = { 'rgb@224': { pixels: [new Float32Array(3 * 64 * 64)] } };
  const generate = () => generateTokens(model, { inputs, targets: [target], vocabulary, random: new Random(2) });
  expectPredicted(predicted.working, await peakOnCpu(generate));
  disposeOf(model);
});
