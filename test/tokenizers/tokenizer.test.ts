import { expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { buildTokenizer, decodeTokens } from '../../src/tokenizers/tokenizer.js';
import { detokenize, type VqVae } from '../../src/tokenizers/vq/vqvae.js';
import { onOneBackend } from '../on-backends.js';
import { release, transparentTokenizer } from './vq/cases.js';

onOneBackend();

test.each([
  [{}, false],
  [{ dec_type: 'vit_b_dec', beta_schedule: 'linear' }, false],
  [{ dec_type: 'BottleneckMLP/B_6-Wi_1024', enc_type: 'BottleneckMLP/B_6-Wi_1024' }, false],
  [{ dec_type: 'unet_patched' }, true],
  [{ dec_type: 'uvit_b_p4_f16' }, true],
  [{ beta_schedule: 'linear' }, true],
])('%j decodes by diffusion: %s', (config, expected) => {
  expect('denoiser' in buildTokenizer(config)).toBe(expected);
});

test('an unknown decoder is refused', () => {
  expect(() => buildTokenizer({ dec_type: 'unet_huge' })).toThrow(InvalidInputError);
  expect(() => buildTokenizer({ dec_type: 'conv' })).toThrow(InvalidInputError);
});

test('a plain decoder needs no noise', async () => {
  const model: VqVae = transparentTokenizer();
  const ids = Int32Array.of(0, 3, 6, 1);
  expect(await decodeTokens(model, ids, [2, 2])).toEqual(await detokenize(model, ids, [2, 2]));
  release(model);
});
