import fc from 'fast-check';
import type { DecodingVocabulary } from '../../src/decoding/state.js';
import type { ModalityOverride } from '../../src/modalities/overrides.js';
import { Random } from '../../src/random.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM, type FourM } from '../../src/transformer/model.js';
import { referenceModalities } from '../transformer/reference.js';

/** Special ids of a tiny vocabulary; words are from 20 to 29. */
export const tinyVocabulary: DecodingVocabulary = {
  padId: 0,
  eosId: 1,
  sentinelIds: Array.from({ length: 10 }, (_, k) => 2 + k),
};

const image = { input_size: 32, patch_size: 8, vocab_size: 12 };
const text = { vocab_size: 30, max_tokens: 10, max_length: 11 };

/** Sixteen tokens an image, ten a text. */
const TINY_SIZES: Record<string, ModalityOverride> = {
  'rgb@224': { input_size: 32, patch_size: 8 },
  'tok_rgb@224': image,
  'tok_depth@224': image,
  caption: text,
  det: text,
  t5_caption: { orig_emb_dim: 6, max_tokens: 5 },
};

/** A model of random weights, biases and all. */
export function randomModel(
  seed: number,
  config: Record<string, unknown> = {},
  sizes: Record<string, ModalityOverride> = TINY_SIZES,
): FourM {
  const domains_in = Object.keys(sizes);
  const domains_out = domains_in.filter((name) => !/^(rgb|t5_)/.test(name));
  const small = { domains_in, domains_out, dim: 8, num_heads: 2, encoder_depth: 1, decoder_depth: 1 };
  const model = buildFourM(parseFourMConfig({ ...small, ...config }), referenceModalities(domains_in, sizes));
  const random = new Random(seed);
  for (const parameter of model.parameters.all) {
    parameter.load(Float32Array.from({ length: parameter.size }, () => 0.5 * random.normal()));
  }
  return model;
}

export function disposeOf(model: FourM): void {
  for (const parameter of model.parameters.all) parameter.dispose();
}

/** Configurations of small models. */
export const smallConfigs = fc.record({
  dim: fc.constantFrom(8, 12),
  num_heads: fc.constantFrom(1, 2),
  encoder_depth: fc.integer({ min: 1, max: 2 }),
  decoder_depth: fc.integer({ min: 1, max: 2 }),
  qkv_bias: fc.boolean(),
  gated_mlp: fc.boolean(),
  qk_norm: fc.boolean(),
  share_modality_embeddings: fc.boolean(),
  num_register_tokens: fc.constantFrom(0, 2),
});
