/** Tokenizers to test with: those of the reference vectors, and one that can be computed in the head. */
import { type Parameter, ParameterList } from '../../../src/nn/parameters.js';
import { loadParameters } from '../../../src/nn/state-dict.js';
import { Random } from '../../../src/random.js';
import { parseVqVaeConfig, type VqVaeConfig } from '../../../src/tokenizers/vq/config.js';
import { buildQuantizer, type Quantizer } from '../../../src/tokenizers/vq/quantizer.js';
import { buildVqVae, type VqVae } from '../../../src/tokenizers/vq/vqvae.js';
import { vectorCase } from '../../vectors.js';

type Presets = Record<string, { dim_tokens: number; depth: number; num_heads: number }>;

/** The tokenizer of a reference case, with its weights. */
export async function referenceTokenizer(name: string): Promise<VqVae> {
  const { about, model: weights } = vectorCase(name);
  const presets = Object.fromEntries(
    Object.entries(about.custom_presets as Presets).map(([key, p]) => [
      key.replace(/_(enc|dec)$/, ''),
      { width: p.dim_tokens, depth: p.depth, heads: p.num_heads },
    ]),
  );
  const model = buildVqVae(about.config, presets);
  await loadParameters(model.parameters.all, weights);
  return model;
}

/** [B, C, H, W] to [B, H, W, C] */
export function channelsLast<T extends Float32Array | Int32Array>(values: T, shape: readonly number[]): T {
  const [, c, h, w] = shape as [number, number, number, number];
  return values.map((_, i) => {
    const pixel = Math.floor(i / c) % (h * w);
    return values[(Math.floor(i / (c * h * w)) * c + (i % c)) * h * w + pixel]!;
  }) as T;
}

/** A tokenizer of patches of 2×2 grey pixels whose latents are the pixels themselves, with `codes` random codes. */
export function transparentTokenizer(config: Record<string, unknown> = {}, codes = 7, seed = 0): VqVae {
  const fixed = { n_channels: 1, image_size: 4, patch_size: 2, latent_dim: 4, codebook_size: codes };
  const model = buildVqVae({ ...fixed, enc_type: 'none_enc', dec_type: 'none_dec', ...config }, NO_BLOCKS);
  const random = new Random(seed);
  for (const parameter of model.parameters.all) parameter.load(new Float32Array(parameter.size));
  const identity = Float32Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0));
  for (const layer of ['encoder.proj', 'quant_proj', 'post_quant_proj', 'decoder.out_proj']) {
    parameterNamed(model, `${layer}.weight`).load(identity);
  }
  model.quantizer.codes.load(Float32Array.from({ length: 4 * codes }, () => random.normal()));
  return model;
}

const NO_BLOCKS = { none: { width: 4, depth: 0, heads: 1 } };

/** The parameter published under a name. */
export function parameterNamed(model: VqVae, name: string): Parameter {
  return model.parameters.all.find((p) => p.names.includes(name))!;
}

/** Lets go of a tokenizer's weights. */
export function release(model: Pick<VqVae, 'parameters'>): void {
  for (const parameter of model.parameters.all) parameter.dispose();
}

/** A quantizer with these codes, and everything else 0. */
export function quantizerWithCodes(
  config: Partial<VqVaeConfig>,
  codes: Float32Array,
): { quantizer: Quantizer; dispose: () => void } {
  const list = new ParameterList();
  const quantizer = buildQuantizer(list, parseVqVaeConfig(config));
  for (const parameter of list.all) parameter.load(new Float32Array(parameter.size));
  quantizer.codes.load(codes);
  return {
    quantizer,
    dispose: () => {
      for (const parameter of list.all) parameter.dispose();
    },
  };
}
