import { InvalidInputError } from '../../errors.js';
import { IMAGENET } from '../../modalities/normalisation.js';
import type { DiffusionOptions } from '../diffusion/divae.js';
import { decodeTokens, type Tokenizer } from '../tokenizer.js';
import type { Grid } from '../vq/vit.js';
import { tokenize, type VqEncoder } from '../vq/vqvae.js';
import { type PreparedValues, prepareFor } from './prepare.js';
import type { PublishedTokenizer, TokenizerInputs, TokenizerOutputs, ValueKind } from './preset.js';
import { restoreFrom } from './restore.js';

/** The tokens of a picture, map or vector. */
export interface TokenGrid {
  /** [h·w]; with several codebooks [codebooks, h·w] */
  readonly tokens: Int32Array;
  /** Of a single vector 1 and 1. */
  readonly grid: Grid;
}

/**
 * Ordinary data to tokens: an 8-bit picture, a depth map, class ids, a vector, whatever the tokenizer is for.
 *
 * @param model the tokenizer, with its weights
 * @param size  pixels a side, as {@link prepareFor} takes it
 * @throws InvalidInputError for what {@link prepareFor} refuses, and a model that is not the preset's
 */
export async function tokenizeWith<K extends ValueKind>(
  model: VqEncoder,
  preset: PublishedTokenizer<K>,
  raw: TokenizerInputs[K],
  size?: number,
): Promise<TokenGrid> {
  return tokenizePrepared(model, prepareWith(model, preset, raw, size));
}

/** Encoder input, and the grid of its tokens. */
export interface PreparedInput extends PreparedValues {
  readonly grid: Grid;
}

/** The part of {@link tokenizeWith} before the encoder, which takes no weights. Throws what that throws. */
export function prepareWith<K extends ValueKind>(
  model: VqEncoder,
  preset: PublishedTokenizer<K>,
  raw: TokenizerInputs[K],
  size?: number,
): PreparedInput {
  const prepared = prepareFor(encoderPreset(model, fittingPreset(model, preset)), raw, size);
  const patch = preset.preprocessing.kind === 'features' ? 1 : (preset.patchSize ?? 1);
  return { ...prepared, grid: [prepared.height / patch, prepared.width / patch] };
}

/** The rest of {@link tokenizeWith}. */
export async function tokenizePrepared(
  model: VqEncoder,
  { values, height, width, grid }: PreparedInput,
): Promise<TokenGrid> {
  return { tokens: await tokenize(model, values, height, width), grid };
}

/**
 * Tokens to ordinary data, of the kinds that {@link restoreFrom} gives.
 *
 * @param model    the tokenizer, with its weights
 * @param options for diffusion decoders; noise of seed 0 if not given
 * @throws InvalidInputError for tokens that are not in the codebook or not a grid's, and a model that is not the preset's
 * @throws CancelledError when the signal of `options` fires
 */
export async function detokenizeWith<K extends ValueKind>(
  model: Tokenizer,
  preset: PublishedTokenizer<K>,
  { tokens, grid }: TokenGrid,
  options?: DiffusionOptions,
): Promise<TokenizerOutputs[K]> {
  const fitting = fittingPreset(model, preset);
  const values = await decodeTokens(model, tokens, grid, options);
  const side = Math.sqrt(values.length / channelsOut(model) / (grid[0] * grid[1]));
  return restoreFrom(fitting, { values, width: grid[1] * side, height: grid[0] * side });
}

function channelsOut({ config }: Tokenizer): number {
  return config.n_labels ?? config.n_channels;
}

/** The preset of this very model: edges may have one channel or three. @throws InvalidInputError if it is another one's */
function fittingPreset<K extends ValueKind>(model: VqEncoder, preset: PublishedTokenizer<K>): PublishedTokenizer<K>;
function fittingPreset({ config }: VqEncoder, preset: PublishedTokenizer): PublishedTokenizer {
  const { name, channels, preprocessing: how } = preset;
  const classes = how.kind === 'classes' ? how.classes : undefined;
  if ((config.n_labels ?? undefined) !== classes) {
    const [theirs, ours] = [classes, config.n_labels].map((n) => n ?? 'no');
    throw new InvalidInputError(`'${name}' has ${theirs} classes, this tokenizer ${ours}`);
  }
  const isEdges = how.kind === 'edges' && [1, 3].includes(config.n_channels);
  if (config.n_channels !== channels && !isEdges) {
    throw new InvalidInputError(`'${name}' reads ${channels} channels, this tokenizer ${config.n_channels}`);
  }
  return { ...preset, channels: config.n_channels };
}

/** A tokenizer with `undo_std` is given pictures standardised as photographs are, and makes −1 to 1 of them by itself. */
function encoderPreset<K extends ValueKind>({ config }: VqEncoder, preset: PublishedTokenizer<K>): typeof preset {
  if (!config.undo_std) return preset;
  return { ...preset, preprocessing: { ...preset.preprocessing, normalisation: IMAGENET } };
}
