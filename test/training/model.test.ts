import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { Random } from '../../src/random.js';
import { toyboxModalities } from '../../src/toybox/modalities.js';
import { toyboxBatches } from '../../src/toybox/training/batches.js';
import { tokenizeToybox } from '../../src/toybox/training/tokenize.js';
import { ADAMW } from '../../src/training/adamw.js';
import { train } from '../../src/training/loop.js';
import { modelTask } from '../../src/training/model.js';
import { MUON } from '../../src/training/muon.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM } from '../../src/transformer/model.js';
import { onOneBackend } from '../on-backends.js';
import { tinyTokenizers, toyboxText } from '../toybox/training/tiny.js';
import { memoryStore } from './store.js';

onOneBackend();

const STEPS = 20;

const PICTURE_TO_MAPS = {
  weight: 1,
  inputAlphas: { 'rgb@64': 1 },
  targetAlphas: { 'tok_depth@64': 3, 'tok_semseg@64': 3, caption: 1, det: 1 },
};

test.each([
  ['AdamW', {}],
  ['Muon', { muon: MUON }],
])(
  'training the model with %s lowers its loss, tells it by modality, and leaves nothing behind',
  async (_, optimizer) => {
    const text = toyboxText();
    const tokenizers = tinyTokenizers();
    const tokens = await tokenizeToybox([1], tokenizers);
    tokenizers.release();

    const modalities = toyboxModalities(text.vocabSize);
    const predicted = Object.keys(modalities).filter((name) => !['rgb@64', 't5_caption'].includes(name));
    const sizes = { dim: 16, num_heads: 2, encoder_depth: 1, decoder_depth: 1, image_size: 64, patch_size: 8 };
    const config = parseFourMConfig({ ...sizes, domains_in: Object.keys(modalities), domains_out: predicted });
    const model = buildFourM(config, modalities);
    const random = new Random(0);
    for (const parameter of model.parameters.all) parameter.initialize(random);
    const masking = { inputTokens: 24, targetTokens: 24, mixture: [PICTURE_TO_MAPS], vocabulary: text };
    const batches = toyboxBatches(tokens, 1, Object.values(model.modalities), masking);
    const task = modelTask(model, batches, { encoderTokens: 24, decoderTokens: 24 });

    const before = tf.memory().numTensors;
    const store = memoryStore();
    const learningRate = { peak: 0.02, warmup: 1, total: STEPS, final: 0.02 };
    const settings = { steps: STEPS, seed: 0, learningRate, adamw: ADAMW, ...optimizer, checkpointMinutes: 1000 };
    await train(task, settings, { store, clock: () => 0 });
    expect(tf.memory().numTensors).toBe(before);

    for (const { values } of store.records) {
      expect(Object.keys(values)).toEqual(['loss', ...predicted]);
      // Every modality weighs the same, those without targets in the batch as 0.
      const mean = predicted.reduce((sum, name) => sum + values[name]!, 0) / predicted.length;
      expect(values.loss).toBeCloseTo(mean, 4);
    }
    // Of one modality with a target at least, in nats a token: at first as if all ids were equally likely.
    const worst = (record: (typeof store.records)[number]) =>
      Math.max(...predicted.map((name) => record.values[name]!));
    const [first, last] = [store.records.slice(0, 3), store.records.slice(-3)];
    expect(Math.min(...first.map(worst))).toBeGreaterThan(4);
    expect(Math.max(...last.map(worst))).toBeLessThan(0.75 * Math.min(...first.map(worst)));
    for (const parameter of model.parameters.all) parameter.dispose();
  },
);
