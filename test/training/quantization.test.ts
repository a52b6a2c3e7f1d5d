import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { Random } from '../../src/random.js';
import { buildDiVae, detokenizeByDiffusion } from '../../src/tokenizers/diffusion/divae.js';
import { buildVqVae, detokenize, tokenize } from '../../src/tokenizers/vq/vqvae.js';
import { ADAMW } from '../../src/training/adamw.js';
import { diffusionDecoderTask, diffusionTokenizerTask } from '../../src/training/diffusion.js';
import { type TrainingConfig, type TrainingTask, train } from '../../src/training/loop.js';
import { MUON } from '../../src/training/muon.js';
import { tokenizerTask } from '../../src/training/tokenizer.js';
import { memoryStore } from './store.js';

// Convolutions are slow in plain JavaScript.
beforeAll(async () => {
  await useBackend('wasm');
});
afterAll(releaseBackend);

function settings(steps: number): TrainingConfig {
  const learningRate = { peak: 0.01, warmup: 1, total: steps, final: 0.01 };
  return { steps, seed: 0, learningRate, adamw: ADAMW, muon: MUON, checkpointMinutes: 1000 };
}

async function run(task: TrainingTask, steps: number) {
  const store = memoryStore();
  await train(task, settings(steps), { store, clock: () => 0 });
  return store;
}

const initialized = <T extends { parameters: { all: readonly { initialize(random: Random): void }[] } }>(
  model: T,
): T => {
  const random = new Random(0);
  for (const parameter of model.parameters.all) parameter.initialize(random);
  return model;
};

describe('a tokenizer of vectors with Memcodes', () => {
  const vectors = Float32Array.from([1, 0, 0, 1, 0, 1, 0, -1, 0, 0, 1, 1, -1, -1, 0, 0]);
  const build = () =>
    initialized(
      buildVqVae({
        image_size: 1,
        n_channels: 4,
        enc_type: 'BottleneckMLP/B_1-Wi_16',
        dec_type: 'BottleneckMLP/B_1-Wi_16',
        quant_type: 'memcodes',
        num_codebooks: 2,
        codebook_size: 8,
        latent_dim: 8,
      }),
    );
  const batch = () => ({ values: vectors, height: 1, width: 1 });

  test('learns to reconstruct four vectors', async () => {
    const model = build();
    const before = tf.memory().numTensors;
    const store = await run(tokenizerTask(model, batch), 150);
    expect(tf.memory().numTensors).toBe(before);
    const ids = await tokenize(model, vectors, 1, 1);
    const decoded = await detokenize(model, ids, [1, 1]);
    const squares = decoded.map((x, i) => (x - vectors[i]!) ** 2);
    expect(squares.reduce((a, b) => a + b, 0) / vectors.length).toBeLessThan(0.1);
    expect(store.records.at(-1)!.values.codes).toBeGreaterThan(1);
  });

  test('a resumed run equals an uninterrupted one', async () => {
    const whole = await run(tokenizerTask(build(), batch), 4);
    const store = memoryStore();
    const config = settings(4);
    const stopAfterTwo = new AbortController();
    const first = train(tokenizerTask(build(), batch), config, {
      store,
      clock: () => 0,
      signal: stopAfterTwo.signal,
      onProgress: ({ step }) => {
        if (step === 2) stopAfterTwo.abort();
      },
    });
    await expect(first).rejects.toThrow(/cancelled/);
    await train(tokenizerTask(build(), batch), config, { store, clock: () => 0 });
    expect(store.records.map(({ values }) => values.loss)).toEqual(whole.records.map(({ values }) => values.loss));
  });
});

describe('a tokenizer with a diffusion decoder', () => {
  const SIZE = 8;
  /** A dark and a bright image. */
  const images = new Float32Array(2 * SIZE * SIZE * 3).map((_, i) => (i < SIZE * SIZE * 3 ? -0.8 : 0.8));
  const config = {
    image_size: SIZE,
    patch_size: 4,
    enc_type: 'tiny_enc',
    dec_type: 'unet_tiny',
    codebook_size: 4,
    latent_dim: 4,
    kmeans_init: true,
    thresholding: false,
    clip_sample: true,
    scheduler: 'ddim',
    // Few, so that pure noise, where the tokens alone tell the images apart, is seen often.
    num_train_timesteps: 10,
  };
  const presets = {
    encoders: { tiny: { width: 16, depth: 2, heads: 2 } },
    denoisers: {
      unet_tiny: { kind: 'unet', patch: 4, widths: [64], stages: 1, attends: [], timeWidth: 8 } as const,
    },
  };

  test.each(['sample', 'epsilon', 'v_prediction'] as const)(
    'lowers its loss when it predicts %s',
    async (prediction) => {
      const model = initialized(buildDiVae({ ...config, prediction_type: prediction }, presets));
      const before = tf.memory().numTensors;
      const store = await run(
        diffusionTokenizerTask(model, () => ({ values: images, height: SIZE, width: SIZE })),
        100,
      );
      expect(tf.memory().numTensors).toBe(before);
      const losses = store.records.map(({ values }) => values.reconstruction!);
      const mean = (part: number[]) => part.reduce((a, b) => a + b, 0) / part.length;
      expect(mean(losses.slice(-20))).toBeLessThan(0.9 * mean(losses.slice(0, 20)));
    },
  );

  test('trains its decoder alone, without changing tokens', async () => {
    const model = initialized(buildDiVae({ ...config, prediction_type: 'sample', kmeans_init: false }, presets));
    const before = await tokenize(model, images, SIZE, SIZE);
    const store = await run(
      diffusionDecoderTask(model, () => ({ values: images, height: SIZE, width: SIZE })),
      60,
    );
    const losses = store.records.map(({ values }) => values.loss!);
    expect(Math.min(...losses.slice(-20))).toBeLessThan(0.9 * losses[0]!);
    expect(await tokenize(model, images, SIZE, SIZE)).toEqual(before);
  });

  test('gives images back by their tokens after training', async () => {
    const model = initialized(buildDiVae({ ...config, prediction_type: 'sample' }, presets));
    await run(
      diffusionTokenizerTask(model, () => ({ values: images, height: SIZE, width: SIZE })),
      100,
    );
    const ids = await tokenize(model, images, SIZE, SIZE);
    const decoded = await detokenizeByDiffusion(model, ids, [2, 2], { steps: 4, random: new Random(1) });
    const half = decoded.length / 2;
    const mean = (part: Float32Array) => part.reduce((a, b) => a + b, 0) / part.length;
    expect(mean(decoded.subarray(0, half))).toBeLessThan(-0.4);
    expect(mean(decoded.subarray(half))).toBeGreaterThan(0.4);
  });
});
