import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import { Random } from '../../../src/random.js';
import { buildDiVae, type DiVae } from '../../../src/tokenizers/diffusion/divae.js';
import { detokenizeWith, tokenizeWith } from '../../../src/tokenizers/published/index.js';
import { buildVqVae, tokenize, type VqVae } from '../../../src/tokenizers/vq/vqvae.js';
import { onOneBackend } from '../../on-backends.js';
import { release } from '../vq/cases.js';
import { small, withSize } from './presets-for-tests.js';

onOneBackend();

const VITS = { tiny: { width: 8, depth: 1, heads: 2 } };
const VIT = {
  enc_type: 'tiny_enc',
  dec_type: 'tiny_dec',
  image_size: 8,
  patch_size: 4,
  latent_dim: 4,
  codebook_size: 16,
};
const MLP = {
  enc_type: 'BottleneckMLP/B_1-Wi_8',
  dec_type: 'BottleneckMLP/B_1-Wi_8',
  latent_dim: 8,
  codebook_size: 16,
};
const UNET = { kind: 'unet', patch: 2, widths: [32, 32], stages: 1, attends: [], timeWidth: 32 } as const;

const built: (VqVae | DiVae)[] = [];
afterEach(() => {
  for (const model of built.splice(0)) release(model);
});

/** With random weights. */
function filled<T extends VqVae | DiVae>(model: T, seed = 1): T {
  const random = new Random(seed);
  for (const p of model.parameters.all) p.load(Float32Array.from({ length: p.size }, () => random.normal() / 4));
  built.push(model);
  return model;
}

const vit = (config: object) => filled(buildVqVae({ ...VIT, ...config }, VITS));
const random = new Random(7);
const picture = (channels: number, side = 8) => ({
  width: side,
  height: side,
  channels,
  data: Uint8Array.from({ length: side * side * channels }, () => random.integer(0, 255)),
});
const preset = <K extends Parameters<typeof small>[0]>(kind: K, size = 8) =>
  withSize(small(kind, size), { patchSize: 4 });

test('an image becomes tokens and an image again', async () => {
  const model = vit({ n_channels: 3 });
  const [rgb, image] = [preset('rgb'), picture(3)];
  const grid = await tokenizeWith(model, rgb, image);
  expect(grid.grid).toEqual([2, 2]);
  const values = Float32Array.from(image.data, (x) => (x / 255 - 0.5) / 0.5);
  expect(grid.tokens).toEqual(await tokenize(model, values, 8, 8));
  const back = await detokenizeWith(model, rgb, grid);
  expect(back).toMatchObject({ width: 8, height: 8, channels: 3 });
  expect(back.data).toBeInstanceOf(Uint8Array);
  expect((await tokenizeWith(model, rgb, picture(3, 20), 16)).grid).toEqual([4, 4]);
});

test('a tokenizer that undoes standardisation gives the same tokens for the same image', async () => {
  const [plain, undoing] = [vit({ n_channels: 3 }), vit({ n_channels: 3, undo_std: true })];
  const image = picture(3);
  const expected = await tokenizeWith(plain, preset('rgb'), image);
  expect(await tokenizeWith(undoing, preset('rgb'), image)).toEqual(expected);
});

test('edges work with tokenizers of one and of three channels', async () => {
  for (const channels of [1, 3]) {
    const model = vit({ n_channels: channels });
    const back = await detokenizeWith(model, preset('edges'), await tokenizeWith(model, preset('edges'), picture(1)));
    expect(back).toMatchObject({ width: 8, height: 8, channels: 1 });
  }
});

test('classes, depth, masks and features are encoded and decoded', async () => {
  const classes = vit({ n_channels: 5, n_labels: 134 });
  const ids = { ...picture(1), data: new Uint8Array(64).map((_, i) => (i % 3 ? i : 255)) };
  const known = withSize(preset('classes'), { channels: 5 });
  const read = await detokenizeWith(classes, known, await tokenizeWith(classes, known, ids));
  expect([...read.data].every((id) => id < 133 || id === 255)).toBe(true);

  const depth = vit({ n_channels: 1 });
  const metres = { ...picture(1), data: Float32Array.from({ length: 64 }, () => random.uniform() * 10) };
  const distances = await detokenizeWith(depth, preset('depth'), await tokenizeWith(depth, preset('depth'), metres));
  expect(distances).toMatchObject({ width: 8, height: 8, channels: 1 });
  expect(distances.data).toBeInstanceOf(Float32Array);

  const mask = await detokenizeWith(depth, preset('mask'), await tokenizeWith(depth, preset('mask'), picture(1)));
  expect([...mask.data].every((x) => x >= 0 && x <= 1)).toBe(true);

  const features = vit({ n_channels: 6, patch_proj: false });
  const ofPositions = withSize(preset('features'), { channels: 6 });
  const map = { width: 2, height: 2, channels: 6, data: Float32Array.from({ length: 24 }, () => random.normal()) };
  const tokens = await tokenizeWith(features, ofPositions, map);
  expect(tokens.grid).toEqual([2, 2]);
  expect(await detokenizeWith(features, ofPositions, tokens)).toMatchObject({ width: 2, height: 2, channels: 6 });
});

test('a vector becomes a token of each codebook and a vector again', async () => {
  const config = { ...MLP, n_channels: 207, quant_type: 'memcodes', num_codebooks: 2 };
  const model = filled(buildVqVae(config));
  const pose = Float32Array.from({ length: 207 }, () => 2 * random.uniform() - 1);
  const tokens = await tokenizeWith(model, small('pose', 1), pose);
  expect(tokens.grid).toEqual([1, 1]);
  expect(tokens.tokens).toHaveLength(2);
  expect(await detokenizeWith(model, small('pose', 1), tokens)).toHaveLength(207);
});

test('a diffusion decoder gives the same image for the same seed, and leaks no tensors', async () => {
  const config = { ...VIT, n_channels: 3, dec_type: 'tiny_unet', prediction_type: 'sample', beta_schedule: 'linear' };
  const model = filled(buildDiVae(config, { encoders: VITS, denoisers: { tiny_unet: UNET } }));
  const rgb = preset('rgb');
  const before = tf.memory().numTensors;
  const grid = await tokenizeWith(model, rgb, picture(3));
  const painting = (seed: number) => ({ steps: 2, random: new Random(seed) });
  const painted = await detokenizeWith(model, rgb, grid, painting(1));
  expect(painted).toMatchObject({ width: 8, height: 8, channels: 3 });
  expect(await detokenizeWith(model, rgb, grid, painting(1))).toEqual(painted);
  expect(await detokenizeWith(model, rgb, grid, painting(2))).not.toEqual(painted);
  expect(tf.memory().numTensors).toBe(before);
});

test("a model that is not the preset's is refused", async () => {
  const model = vit({ n_channels: 3 });
  await expect(tokenizeWith(model, preset('depth'), picture(1))).rejects.toThrow('reads 1 channels, this tokenizer 3');
  await expect(tokenizeWith(model, preset('classes'), picture(1))).rejects.toThrow('has 134 classes');
  await expect(tokenizeWith(model, preset('depth'), picture(1))).rejects.toThrow(InvalidInputError);
});
