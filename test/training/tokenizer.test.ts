import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { channelsOf, toTokenizerValues } from '../../src/modalities/images.js';
import { Random } from '../../src/random.js';
import { buildVqVae, tokenize, type VqVae } from '../../src/tokenizers/vq/vqvae.js';
import { TOYBOX_IMAGES, type ToyboxImage } from '../../src/toybox/modalities.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { ADAMW } from '../../src/training/adamw.js';
import { type TrainingConfig, train } from '../../src/training/loop.js';
import { decoderTask, type ImageBatch, tokenizerTask } from '../../src/training/tokenizer.js';
import { onOneBackend } from '../on-backends.js';
import { parameterNamed } from '../tokenizers/vq/cases.js';
import { TINY, tinyConfig } from '../toybox/training/tiny.js';
import { memoryStore } from './store.js';

onOneBackend();

const SIZE = 16;

/** Two small scenes. */
function images(modality: ToyboxImage): ImageBatch {
  const values = TOYBOX_IMAGES[modality];
  const maps = [1, 2].map((seed) =>
    toTokenizerValues(values, toyboxSample(seed, { size: SIZE, supersampling: 1 })[modality]),
  );
  const perImage = SIZE ** 2 * channelsOf(values);
  const batch = values.kind === 'classes' ? new Int32Array(2 * perImage) : new Float32Array(2 * perImage);
  maps.forEach((map, i) => {
    batch.set(map, i * perImage);
  });
  return { values: batch, height: SIZE, width: SIZE };
}

function model(modality: ToyboxImage, config: Record<string, unknown> = {}): VqVae {
  const tokenizer = buildVqVae({ ...tinyConfig(modality), image_size: SIZE, patch_size: 4, ...config }, TINY);
  const random = new Random(0);
  for (const parameter of tokenizer.parameters.all) parameter.initialize(random);
  return tokenizer;
}

const release = ({ parameters }: VqVae) => {
  for (const parameter of parameters.all) parameter.dispose();
};

function settings(steps: number): TrainingConfig {
  const learningRate = { peak: 0.02, warmup: 1, total: steps, final: 0.02 };
  return { steps, seed: 0, learningRate, adamw: ADAMW, checkpointMinutes: 1000 };
}

const clock = () => 0;

describe('training a tokenizer', () => {
  test.each([
    ['depth', { kmeans_init: true }],
    ['normal', { norm_codes: false }],
    ['semseg', { norm_latents: true }],
  ] as [ToyboxImage, Record<string, unknown>][])(
    'lowers its loss on %s, and leaves nothing behind',
    async (modality, config) => {
      const batch = images(modality);
      const tokenizer = model(modality, config);
      const before = tf.memory().numTensors;
      const store = memoryStore();
      await train(
        tokenizerTask(tokenizer, () => batch),
        settings(25),
        { store, clock },
      );
      expect(tf.memory().numTensors).toBe(before);
      const losses = store.records.map(({ values }) => values.reconstruction!);
      expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!);
      for (const { values } of store.records) {
        expect(values.loss!).toBeGreaterThanOrEqual(values.reconstruction!);
        expect(values.codes! >= 1 && values.codes! <= 16 && Number.isInteger(values.codes)).toBe(true);
      }
      release(tokenizer);
    },
  );

  test('starts classes near the loss of a uniform guess, the logarithm of their number', async () => {
    const tokenizer = model('semseg');
    const scores = parameterNamed(tokenizer, 'decoder.out_proj.weight');
    scores.load(new Float32Array(scores.size));
    const store = memoryStore();
    await train(
      tokenizerTask(tokenizer, () => images('semseg')),
      settings(1),
      { store, clock },
    );
    expect(store.records[0]!.values.reconstruction).toBeCloseTo(Math.log(tokenizer.config.n_labels!), 4);
    release(tokenizer);
  });

  test('moves the codebook with the latents', async () => {
    const tokenizer = model('depth', { threshold_ema_dead_code: 0 });
    const { codes } = tokenizer.quantizer;
    const usage = parameterNamed(tokenizer, 'quantize._codebook.cluster_size');
    const before = (await codes.read()).slice();
    await train(
      tokenizerTask(tokenizer, () => images('depth')),
      settings(1),
      { store: memoryStore(), clock },
    );
    // Two scenes of 16 patches; the moving average takes a hundredth of them.
    expect((await usage.read()).reduce((a, b) => a + b)).toBeCloseTo(0.32, 4);
    expect(await codes.read()).not.toEqual(before);
    release(tokenizer);
  });

  test('initialises the codebook by k-means if configured', async () => {
    const tokenizer = model('depth', { kmeans_init: true });
    const initialized = parameterNamed(tokenizer, 'quantize._codebook.initted');
    expect([...(await initialized.read())]).toEqual([0]);
    await train(
      tokenizerTask(tokenizer, () => images('depth')),
      settings(1),
      { store: memoryStore(), clock },
    );
    expect([...(await initialized.read())]).toEqual([1]);
    const usage = parameterNamed(tokenizer, 'quantize._codebook.cluster_size');
    expect((await usage.read()).reduce((a, b) => a + b)).toBeCloseTo(32, 3);
    release(tokenizer);
  });

  test('resumes exactly, including the codebook', async () => {
    const run = async (store: ReturnType<typeof memoryStore>, until?: number) => {
      const tokenizer = model('depth', { kmeans_init: true });
      const stop = new AbortController();
      const batch = (random: Random) => {
        const { values, ...size } = images('depth');
        return { ...size, values: values.map((x) => x + 0.1 * random.uniform()) as Float32Array };
      };
      const trained = train(tokenizerTask(tokenizer, batch), settings(6), {
        store,
        clock,
        signal: stop.signal,
        onProgress: ({ step }) => step === until && stop.abort(),
      });
      if (until) await expect(trained).rejects.toThrow('cancelled');
      else await trained;
      release(tokenizer);
    };
    const [unbroken, broken] = [memoryStore(), memoryStore()];
    await run(unbroken);
    await run(broken, 3);
    await run(broken);
    expect(broken.records).toEqual(unbroken.records);
    expect(broken.last()).toEqual(unbroken.last());
  });
});

test('training the decoder alone lowers the loss and changes no token', async () => {
  const batch = images('depth');
  const tokenizer = model('depth');
  const encoderBefore = (await parameterNamed(tokenizer, 'encoder.proj.weight').read()).slice();
  const ids = await tokenize(tokenizer, batch.values, SIZE, SIZE);
  const before = tf.memory().numTensors;
  const store = memoryStore();
  await train(
    decoderTask(tokenizer, () => batch),
    settings(20),
    { store, clock },
  );
  expect(tf.memory().numTensors).toBe(before);
  expect(store.records.at(-1)!.values.loss!).toBeLessThan(0.8 * store.records[0]!.values.loss!);
  expect(await parameterNamed(tokenizer, 'encoder.proj.weight').read()).toEqual(encoderBefore);
  const moved = Object.keys(store.last()).filter((name) => name.startsWith('adamw.mean.'));
  expect(moved.length).toBeGreaterThan(0);
  for (const name of moved) expect(name).toMatch(/^adamw\.mean\.(decoder|post_quant_proj)\./);
  expect(await tokenize(tokenizer, batch.values, SIZE, SIZE)).toEqual(ids);
  release(tokenizer);
});
