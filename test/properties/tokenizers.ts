/** Small tokenizers of any configuration, and what they make of random pictures and tokens. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { type Parameter, ParameterList } from '../../src/nn/parameters.js';
import { toPatches } from '../../src/nn/patches.js';
import { Random } from '../../src/random.js';
import { buildDenoiser, type DenoiserConfig, denoise } from '../../src/tokenizers/diffusion/denoiser.js';
import type { DenoiserPreset } from '../../src/tokenizers/diffusion/presets.js';
import type { VitPreset } from '../../src/tokenizers/vq/config.js';
import { buildVqVae, detokenize, encode, inputLayout } from '../../src/tokenizers/vq/vqvae.js';

type Grid = readonly [number, number];

/** Parameters of a tokenizer. */
export interface TokenizerCase {
  readonly config: Record<string, unknown> & { readonly patch_size: number; readonly codebook_size: number };
  readonly presets: Record<string, VitPreset>;
  readonly grid: Grid;
  readonly seed: number;
}

const side = fc.integer({ min: 1, max: 3 });
const grid = fc.tuple(side, side);
// Widths are multiples of 4, as sines and cosines of two axes need; those of heads need not be.
const vit = fc
  .tuple(fc.constantFrom([4, 1], [8, 2], [12, 2], [12, 3], [12, 4]), fc.nat(2))
  .map(([[width, heads], depth]) => ({ width: width!, heads: heads!, depth }));

export const tokenizerCases: fc.Arbitrary<TokenizerCase> = fc
  .record({
    enc: vit,
    dec: vit,
    options: fc.record({
      n_channels: fc.integer({ min: 1, max: 3 }),
      n_labels: fc.option(fc.integer({ min: 2, max: 5 })),
      patch_size: fc.integer({ min: 1, max: 4 }),
      latent_dim: fc.constantFrom(4, 6),
      codebook_size: fc.integer({ min: 1, max: 9 }),
      num_codebooks: fc.integer({ min: 1, max: 2 }),
      quant_type: fc.constantFrom('lucid', 'memcodes'),
      post_mlp: fc.boolean(),
      out_conv: fc.boolean(),
      norm_codes: fc.boolean(),
      norm_latents: fc.boolean(),
    }),
    grid,
    seed: fc.nat(),
  })
  .map(({ enc, dec, options, grid, seed }) => ({
    config: { ...options, image_size: 2 * options.patch_size, enc_type: 'any_enc', dec_type: 'any_dec' },
    presets: { any_enc: enc, any_dec: dec },
    grid,
    seed,
  }));

function filled(parameters: readonly Parameter[], seed: number): void {
  const random = new Random(seed);
  for (const p of parameters) p.load(Float32Array.from({ length: p.size }, () => 0.3 * random.normal()));
}

/** Runs something with weights, which are let go of afterwards. */
async function withWeights<T>(parameters: readonly Parameter[], seed: number, work: () => Promise<T>): Promise<T> {
  filled(parameters, seed);
  try {
    return await work();
  } finally {
    for (const parameter of parameters) parameter.dispose();
  }
}

async function taken(compute: () => tf.Tensor): Promise<Float32Array> {
  const result = tf.tidy(compute);
  const values = (await result.data()) as Float32Array;
  result.dispose();
  return values;
}

/** Values of a batch, or of one of its samples. */
function batchOf<T extends Float32Array | Int32Array>(
  Type: { from(source: { length: number }, map: () => number): T },
  [batch, each]: readonly [number, number],
  sample: number | undefined,
  next: () => number,
): T {
  const all = Type.from({ length: batch * each }, next);
  return sample === undefined ? all : (all.subarray(sample * each, (sample + 1) * each) as T);
}

/** The latents of random pictures, or classes. */
export function latentsOf({ config, presets, grid, seed }: TokenizerCase, batch: number, sample?: number) {
  const model = buildVqVae(config, presets);
  const layout = inputLayout(model, grid[0] * config.patch_size, grid[1] * config.patch_size);
  const cells = grid[0] * grid[1];
  const each = cells * config.patch_size ** 2 * layout.channels;
  const random = new Random(seed + 1);
  const labels = model.config.n_labels;
  const values = labels
    ? batchOf(Int32Array, [batch, each], sample, () => random.integer(0, labels - 1))
    : batchOf(Float32Array, [batch, each], sample, () => random.normal());
  return withWeights(model.parameters.all, seed, () =>
    taken(() => {
      const shape: [number, number, number] = [values.length / each, cells, each / cells];
      return encode(model, tf.tensor3d(toPatches(values, layout), shape, labels ? 'int32' : 'float32'), layout.grid);
    }),
  );
}

/** Random tokens, decoded. */
export function pictured({ config, presets, grid, seed }: TokenizerCase, batch: number, sample?: number) {
  const model = buildVqVae(config, presets);
  const random = new Random(seed + 2);
  const each = model.quantizer.heads * grid[0] * grid[1];
  const ids = batchOf(Int32Array, [batch, each], sample, () => random.integer(0, config.codebook_size - 1));
  return withWeights(model.parameters.all, seed, () => detokenize(model, ids, [grid[0], grid[1]]));
}

/** Parameters of a diffusion decoder. */
export interface PainterCase {
  readonly preset: DenoiserPreset;
  readonly config: DenoiserConfig;
  /** Of its noise, in patches. */
  readonly grid: Grid;
  /** Of its condition. */
  readonly codes: Grid;
  readonly masked: boolean;
  readonly seed: number;
}

const unetPreset = fc
  .record({ levels: fc.integer({ min: 1, max: 2 }), patch: fc.integer({ min: 1, max: 2 }), attends: fc.boolean() })
  .map(
    ({ levels, patch, attends }): DenoiserPreset => ({
      kind: 'unet',
      patch,
      widths: new Array<number>(levels).fill(32),
      stages: 1,
      attends: attends ? [levels - 1] : [],
      timeWidth: 32,
    }),
  );

const uvitPreset = fc
  .record({
    patch: fc.integer({ min: 1, max: 2 }),
    widths: fc.constantFrom([8], [8, 12], [4, 8]),
    downsampleBeforeMiddle: fc.boolean(),
    layers: fc.integer({ min: 1, max: 3 }),
    size: fc.constantFrom([4, 1], [8, 2], [12, 2], [12, 4]),
    longSkip: fc.boolean(),
    originalSize: fc.boolean(),
  })
  .map(
    ({ size, ...rest }): DenoiserPreset => ({
      kind: 'uvit',
      stages: 1,
      mlpRatio: 2,
      positions: 2,
      groups: 4,
      width: size[0],
      heads: size[1],
      ...rest,
      // Halves of the blocks face each other around one in the middle.
      layers: rest.longSkip ? 3 : rest.layers,
    }),
  );

export const painterCases: fc.Arbitrary<PainterCase> = fc
  .record({
    preset: fc.oneof(unetPreset, uvitPreset),
    config: fc.record({
      channels: fc.integer({ min: 1, max: 3 }),
      conditionWidth: fc.constantFrom(4, 6),
      conditioning: fc.constantFrom('concat' as const, 'xattn' as const),
    }),
    halves: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    codes: grid,
    masked: fc.boolean(),
    seed: fc.nat(),
  })
  // Sides are halved at most twice.
  .map(({ halves, ...rest }) => ({ ...rest, grid: [4 * halves[0], 4 * halves[1]] as const }));

/** Output of a diffusion decoder for random noise, each sample at a step of its own. */
export function denoised(c: PainterCase, batch: number, sample?: number): Promise<Float32Array> {
  const list = new ParameterList();
  const net = buildDenoiser(list, c.preset, c.config);
  const random = new Random(c.seed + 1);
  const normals = (each: number) => batchOf(Float32Array, [batch, each], sample, () => random.normal());
  const perPatch = c.config.channels * c.preset.patch ** 2;
  const cells = c.grid[0] * c.grid[1];
  const noise = normals(cells * perPatch);
  const codes = normals(c.codes[0] * c.codes[1] * c.config.conditionWidth);
  const steps = batchOf(Int32Array, [batch, 1], sample, () => random.integer(0, 999));
  const original = batchOf(Int32Array, [batch, 2], sample, () => random.integer(32, 640));
  const masked = Uint8Array.from(
    batchOf(Int32Array, [batch, c.codes[0] * c.codes[1]], sample, () => random.integer(0, 1)),
  );
  return withWeights(list.all, c.seed, () =>
    taken(() =>
      denoise(net, tf.tensor3d(noise, [steps.length, cells, perPatch]), [c.grid[0], c.grid[1]], {
        steps,
        condition: {
          codes: tf.tensor4d(codes, [steps.length, c.codes[0], c.codes[1], c.config.conditionWidth]),
          ...(c.masked && { masked }),
        },
        original,
      }),
    ),
  );
}
