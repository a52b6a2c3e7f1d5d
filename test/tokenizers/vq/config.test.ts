import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import { mlpPreset, parseVqVaeConfig, VIT_PRESETS, vitPreset } from '../../../src/tokenizers/vq/config.js';
import { buildVqVae } from '../../../src/tokenizers/vq/vqvae.js';

interface Manifest {
  config: Record<string, unknown>;
  keys: Record<string, number[]>;
}

const MANIFESTS = new URL('../../../spec/vectors/manifests/', import.meta.url);
const read = (file: string): Manifest => JSON.parse(readFileSync(new URL(file, MANIFESTS)).toString());

const published = readdirSync(MANIFESTS).filter((file) => file.startsWith('vqvae__'));

test('there are sixteen published VQ-VAEs', () => {
  expect(published).toHaveLength(16);
});

test.each(published)('a tokenizer has exactly the published tensors: %s', (file) => {
  const { config, keys } = read(file);
  const { all } = buildVqVae(config).parameters;
  expect(Object.fromEntries(all.flatMap((p) => p.names.map((name) => [name, p.shape])))).toEqual(keys);
  expect(all.some((p) => p.loaded)).toBe(false);
});

test('missing keys have the official defaults; additional keys are kept', () => {
  const config = parseVqVaeConfig({ sync_codebook: false });
  expect(config).toMatchObject({ image_size: 224, patch_size: 16, codebook_size: 16384, latent_dim: 32 });
  expect(config).toMatchObject({ norm_codes: true, norm_latents: false, commitment_weight: 1, sync_codebook: false });
});

test.each([
  [{ codebook_size: 0 }, '"codebook_size"'],
  [{ patch_size: 8.5 }, '"patch_size"'],
  [{ n_channels: '3' }, '"n_channels"'],
  [{ ema_decay: 1.5 }, '"ema_decay"'],
  [{ image_size: [64] }, '"image_size"'],
  [{ code_replacement_policy: 'none' }, '"code_replacement_policy"'],
  [{ out_conv: 'yes' }, '"out_conv"'],
  [{ quant_type: 'fsq' }, '"quant_type"'],
  [{ num_codebooks: 0 }, '"num_codebooks"'],
  [{ quant_type: 'memcodes', num_codebooks: 5 }, '5 codebooks cannot share 32 latent dimensions evenly'],
  [{ undo_std: true, n_channels: 1 }, '"undo_std"'],
  [{ image_size: 8, patch_size: 16 }, 'an image of 8×8 has no patch of 16×16'],
  [null, 'tokenizer config'],
])('is refused, naming the key: %j', (config, named) => {
  expect(() => buildVqVae(config)).toThrow(InvalidInputError);
  expect(() => buildVqVae(config)).toThrow(named);
});

test.each(['vit_xxl_enc', 'MLP/B_6-Wi_1024', 'BottleneckMLP/B_0-Wi_1024', 'constructor', ''])(
  'an unknown architecture "%s" is refused with those that are known',
  (name) => {
    const known = 'known are vit_s, vit_b, vit_l, vit_toy, vit_toy_s and BottleneckMLP/B_…-Wi_…';
    expect(() => buildVqVae({ enc_type: name })).toThrow(
      new InvalidInputError(`unknown tokenizer architecture "${name}"; ${known}`),
    );
    expect(() => buildVqVae({ dec_type: name })).toThrow(known);
  },
);

test('both halves of a name are the same architecture', () => {
  expect(vitPreset('vit_b_enc')).toBe(VIT_PRESETS.vit_b);
  expect(vitPreset('vit_b_dec')).toBe(VIT_PRESETS.vit_b);
});

test.each([
  ['BottleneckMLP/B_6-Wi_1024', { depth: 6, width: 1024, expansion: 4 }],
  ['BottleneckMLP/B_2-Wi_32-E_3', { depth: 2, width: 32, expansion: 3 }],
  ['BottleneckMLP/B_3-Wi_24-Em_3', { depth: 3, width: 24, expansion: 3 }],
  ['BottleneckMLP/blocks_3-_24-_2_x', { depth: 3, width: 24, expansion: 2 }],
  ['BottleneckMLP/B_3-Wi_24-E_3-X_5', { depth: 3, width: 24, expansion: 4 }],
  ['BottleneckMLP/B_3-Wi_24-E', undefined],
  ['BottleneckMLP/B_3', undefined],
  ['BottleneckMLP/B_3-Wi_24x', undefined],
  ['vit_b_enc', undefined],
])('the name of a bottleneck MLP contains its size: %s', (name, preset) => {
  expect(mlpPreset(name)).toEqual(preset);
});
