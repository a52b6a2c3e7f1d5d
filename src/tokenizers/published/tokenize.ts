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
  /** 1 and 1 for a single vector. */
  readonly grid: Grid;
}

/**
 * Encodes values as tokens: an 8-bit picture, a depth map, class ids or a vector, as the preset has it.
 *
 * @param model the tokenizer, with its weights
 * @param size  pixels a side, as {@link prepareFor} takes it
 * @throws InvalidInputError as {@link prepareFor}, and for a model that does not match the preset
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

/** The part of {@link tokenizeWith} before the encoder, which needs no weights; it throws the same errors. */
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
 * Decodes tokens to values, postprocessed by {@link restoreFrom}.
 *
 * @param model    the tokenizer, with its weights
 * @param options for diffusion decoders; noise of seed 0 if not given
 * @throws InvalidInputError for tokens that are not in the codebook or do not fill a grid, and a model that does not match the preset
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

/** The preset with the model's number of channels: edges have one or three. @throws InvalidInputError if they do not match */
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

/** A tokenizer with `undo_std` takes pictures standardised with the statistics of ImageNet, and rescales them to −1…1 itself. */
function encoderPreset<K extends ValueKind>({ config }: VqEncoder, preset: PublishedTokenizer<K>): typeof preset {
  if (!config.undo_std) return preset;
  return { ...preset, preprocessing: { ...preset.preprocessing, normalisation: IMAGENET } };
}
