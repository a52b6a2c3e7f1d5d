import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { currentDevice } from '../../src/memory/dry-run.js';
import { detokenizingMemory, tokenizingMemory } from '../../src/memory/tokenizers.js';
import { Random } from '../../src/random.js';
import type { DenoiserPreset } from '../../src/tokenizers/diffusion/presets.js';
import { buildTokenizer, decodeTokens, type Tokenizer } from '../../src/tokenizers/tokenizer.js';
import { inputLayout, tokenize } from '../../src/tokenizers/vq/vqvae.js';
import { release } from '../tokenizers/vq/cases.js';
import { expectPredicted, peakOf } from './peak.js';

beforeAll(() => useBackend('wasm'));

const size = fc.integer({ min: 1, max: 3 });
const grid = fc.tuple(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 6 }));
const codebook = fc.record({
  codebook_size: fc.integer({ min: 50, max: 300 }),
  latent_dim: fc.constantFrom(8, 16),
  num_codebooks: fc.constantFrom(1, 2),
  quant_type: fc.constantFrom('lucid', 'memcodes'),
  norm_codes: fc.boolean(),
  norm_latents: fc.boolean(),
});
const vit = { width: 32, depth: 2, heads: 2 };

test('of image tokenizers, both directions', async () => {
  const config = fc
    .record({
      n_channels: fc.constantFrom(1, 3),
      n_labels: fc.constantFrom(null, 9),
      post_mlp: fc.boolean(),
      out_conv: fc.boolean(),
      undo_std: fc.boolean(),
    })
    .map((c) => ({ ...c, undo_std: c.undo_std && c.n_channels === 3 }));
  await fc.assert(
    fc.asyncProperty(config, codebook, size, grid, async (own, codes, b, [h, w]) => {
      const names = { enc_type: 'tiny_enc', dec_type: 'tiny_dec', image_size: 32, patch_size: 8 };
      const model = filled(buildTokenizer({ ...names, ...own, ...codes }, { encoders: { tiny: vit } }));
      await thereAndBack(model, b, [h, w], 8);
    }),
    { numRuns: 25 },
  );
});

test('of vector tokenizers', async () => {
  const config = fc.record({ n_channels: fc.constantFrom(20, 60) });
  await fc.assert(
    fc.asyncProperty(config, codebook, size, grid, async (own, codes, b, [h, w]) => {
      const names = { enc_type: 'BottleneckMLP/B_2-Wi_24', dec_type: 'BottleneckMLP/B_2-Wi_24', patch_proj: false };
      await thereAndBack(filled(buildTokenizer({ ...names, ...own, ...codes })), b, [h, w], 1);
    }),
    { numRuns: 15 },
  );
});

const unet: fc.Arbitrary<DenoiserPreset> = fc.record({
  kind: fc.constant('unet' as const),
  patch: fc.constantFrom(2, 4),
  widths: fc.constantFrom([32], [32, 64], [32, 64, 64]),
  stages: fc.integer({ min: 1, max: 2 }),
  attends: fc.subarray([0, 1, 2]),
  timeWidth: fc.constantFrom(32, 64),
});
const uvit: fc.Arbitrary<DenoiserPreset> = fc.record({
  kind: fc.constant('uvit' as const),
  patch: fc.constantFrom(2, 4),
  widths: fc.constantFrom([32], [32, 64]),
  stages: fc.integer({ min: 1, max: 2 }),
  downsampleBeforeMiddle: fc.boolean(),
  layers: fc.integer({ min: 1, max: 4 }),
  heads: fc.constant(2),
  width: fc.constantFrom(32, 48),
  mlpRatio: fc.constant(4),
  positions: fc.constantFrom(4, 8),
  longSkip: fc.boolean(),
  groups: fc.constant(8),
  originalSize: fc.constant(false),
});

test('of diffusion decoders', async () => {
  const conditioning = fc.constantFrom('concat', 'xattn');
  await fc.assert(
    fc.asyncProperty(fc.oneof(unet, uvit), conditioning, size, grid, async (decoder, conditioning, b, [h, w]) => {
      const names = { enc_type: 'tiny_enc', dec_type: 'uvit_tiny', image_size: 32, patch_size: 8, conditioning };
      const presets = { encoders: { tiny: vit }, denoisers: { uvit_tiny: decoder } };
      const model = filled(buildTokenizer({ ...names, codebook_size: 50, latent_dim: 8 }, presets));
      await back(model, b, [h, w]);
      release(model);
    }),
    { numRuns: 10 },
  );
});

async function thereAndBack(model: Tokenizer, b: number, [h, w]: [number, number], patch: number): Promise<void> {
  const { channels } = inputLayout(model, patch * h, patch * w);
  const values = new Random(1).uniforms(b * h * w * patch ** 2 * channels);
  const images = model.config.n_labels ? Int32Array.from(values, (u) => 9 * u) : Float32Array.from(values);
  const there = await peakOf(() => tokenize(model, images, patch * h, patch * w));
  expectPredicted(tokenizingMemory(model, currentDevice(), [h, w])(b).working, there);
  await back(model, b, [h, w]);
  release(model);
}

async function back(model: Tokenizer, b: number, grid: [number, number]): Promise<void> {
  const ids = Int32Array.from({ length: b * model.quantizer.heads * grid[0] * grid[1] }, (_, i) => (7 * i) % 50);
  const painting = { random: new Random(2), steps: 1, sampler: 'ddim' as const };
  const measured = await peakOf(() => decodeTokens(model, ids, grid, painting));
  expectPredicted(detokenizingMemory(model, currentDevice(), grid)(b).working, measured);
}

function filled<T extends Tokenizer>(model: T): T {
  const random = new Random(3);
  for (const parameter of model.parameters.all) {
    parameter.load(Float32Array.from({ length: parameter.size }, () => 0.1 * random.normal()));
  }
  expect(model.parameters.all.length).toBeGreaterThan(0);
  return model;
}
