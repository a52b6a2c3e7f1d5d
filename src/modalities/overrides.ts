import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from './modality.js';

/** Overrides of a modality's properties, with the keys of the official registry. */
export interface ModalityOverride {
  /** Pixels: of each side, or [height, width]. */
  readonly input_size?: number | readonly [number, number];
  readonly patch_size?: number | readonly [number, number];
  readonly vocab_size?: number;
  readonly max_tokens?: number;
  readonly max_length?: number;
  /** Length of one embedding vector. */
  readonly orig_emb_dim?: number;
  /** Channels of a pixel. */
  readonly num_channels?: number;
  /** Whether positions are sines and cosines; otherwise they are learned. */
  readonly sincos_pos_emb?: boolean;
}

const KEYS: ReadonlySet<string> = new Set<keyof ModalityOverride>([
  'input_size',
  'patch_size',
  'vocab_size',
  'max_tokens',
  'max_length',
  'orig_emb_dim',
  'num_channels',
  'sincos_pos_emb',
]);

/**
 * The same modalities with some of their sizes changed; the tokens of an image follow from its size.
 *
 * @param overrides by modality name
 * @throws InvalidInputError for an unknown modality, or another key
 */
export function overrideModalities(
  modalities: Readonly<Record<string, ModalityInfo>>,
  overrides: Readonly<Record<string, ModalityOverride>>,
): Record<string, ModalityInfo> {
  const unknown = Object.keys(overrides).find((name) => !Object.hasOwn(modalities, name));
  if (unknown !== undefined) {
    throw new InvalidInputError(`unknown modality '${unknown}'; known are ${Object.keys(modalities).join(', ')}`);
  }
  for (const [name, override] of Object.entries(overrides)) {
    const wrong = Object.keys(override).find((key) => !KEYS.has(key));
    if (wrong !== undefined) throw new InvalidInputError(`'${name}' has no "${wrong}" to change`);
  }
  return Object.fromEntries(
    Object.entries(modalities).map(([name, info]) => [name, overridden(info, overrides[name] ?? {})]),
  );
}

function overridden(info: ModalityInfo, change: ModalityOverride): ModalityInfo {
  const result: ModalityInfo = { ...info };
  if (change.vocab_size !== undefined) result.vocabSize = change.vocab_size;
  if (change.max_length !== undefined) result.maxLength = change.max_length;
  if (change.orig_emb_dim !== undefined) result.embeddingDim = change.orig_emb_dim;
  if (change.num_channels !== undefined) result.channels = change.num_channels;
  if (change.sincos_pos_emb !== undefined) result.learnedPositions = !change.sincos_pos_emb;
  if (change.input_size !== undefined) result.inputSize = pair(change.input_size);
  if (change.patch_size !== undefined) result.patchSize = pair(change.patch_size);
  if (result.inputSize && result.patchSize) {
    const [[height, width], [rows, columns]] = [result.inputSize, result.patchSize];
    result.maxTokens = (height / rows) * (width / columns);
  }
  if (change.max_tokens !== undefined) result.maxTokens = change.max_tokens;
  return result;
}

function pair(size: number | readonly [number, number]): [number, number] {
  return typeof size === 'number' ? [size, size] : [size[0], size[1]];
}
