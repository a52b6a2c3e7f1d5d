import type { Parameter } from '../nn/parameters.js';
import { parametersIn } from '../nn/parameters-in.js';
import { Random } from '../random.js';
import {
  buildDiVae,
  type DiffusionOptions,
  type DiVae,
  type DiVaePresets,
  detokenizeByDiffusion,
} from './diffusion/divae.js';
import type { Grid } from './vq/vit.js';
import { buildVqVae, detokenize, type VqVae } from './vq/vqvae.js';

/** Any tokenizer of images, maps and vectors. All encode by `tokenize`; they differ in their decoders. */
export type Tokenizer = VqVae | DiVae;

/**
 * Builds a tokenizer from its configuration alone, with a diffusion decoder if `dec_type` names one; its parameters have
 * no values yet.
 *
 * @param config with the published keys
 * @param presets named architectures for the config, instead of the published ones
 * @throws InvalidInputError naming the key that is wrong
 */
export function buildTokenizer(config: Readonly<Record<string, unknown>>, presets: DiVaePresets = {}): Tokenizer {
  return decodesByDiffusion(config) ? buildDiVae(config, presets) : buildVqVae(config, presets.encoders);
}

/**
 * @param ids      [B, h·w]; with several codebooks [B, codebooks, h·w]
 * @param grid     h and w
 * @param options for diffusion decoders; noise of seed 0 if not given
 * @returns        values as the tokenizer was trained on, [B, H, W, C]; class scores for semantic maps
 * @throws InvalidInputError for ids that are not in the codebook, not a whole number of grids, and wrong options
 * @throws CancelledError when the signal of `options` fires
 */
export async function decodeTokens(
  model: Tokenizer,
  ids: Int32Array,
  grid: Grid,
  options: DiffusionOptions = { random: new Random(0) },
): Promise<Float32Array> {
  return 'denoiser' in model ? detokenizeByDiffusion(model, ids, grid, options) : detokenize(model, ids, grid);
}

/** Whether a configuration has a diffusion decoder. Without `dec_type`, the official default of its class applies; only configs of DiVAEs have a noise schedule. */
export function decodesByDiffusion({ dec_type: decoder, ...config }: Readonly<Record<string, unknown>>): boolean {
  return typeof decoder === 'string' ? /^u(net|vit)_/.test(decoder) : 'beta_schedule' in config;
}

/** Parameters of the encoding half: class embedding, encoder and quantizer. */
export function tokenizingParameters({ classEmbedding, encoder, quantProj, quantizer }: Tokenizer): Parameter[] {
  return parametersIn([classEmbedding, encoder, quantProj, quantizer]);
}

/** Parameters of the decoding half: quantizer and decoder. */
export function detokenizingParameters(model: Tokenizer): Parameter[] {
  const decoder = 'denoiser' in model ? model.denoiser : [model.postQuantProj, model.decoder];
  return parametersIn([model.quantizer, decoder]);
}
