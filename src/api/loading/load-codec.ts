import { openSafetensors } from '../../checkpoints/safetensors.js';
import { storedConfig } from '../../checkpoints/stored-config.js';
import { LazyWeights } from '../../nn/lazy-weights.js';
import { publishedTokenizer } from '../../tokenizers/published/index.js';
import { buildTokenizer } from '../../tokenizers/tokenizer.js';
import type { Codec } from '../codecs/codec.js';
import { type FrozenNetwork, openNetwork } from '../codecs/network.js';
import { packageCodec } from '../codecs/package-codec.js';
import { codecOf } from '../codecs/published-codec.js';
import type { CodecSource } from '../types/description.js';
import { tokenizerCheckpoint } from './checkpoint.js';
import type { FileOptions, ModelSource } from './model-source.js';
import { tokenizerFrom } from './tokenizer.js';

/** Where tokenizers are. */
export interface TokenizerOptions extends FileOptions {
  /** Tokenizers of a published model that are elsewhere than on the Hub: file, folder, URL or repository, by their ids there. */
  readonly tokenizers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Loads the tokenizer of a modality: a file beside the model; or a published one, its weights when they are first needed.
 *
 * @param files where the model is
 */
export async function loadCodec(
  files: ModelSource,
  source: CodecSource,
  options: TokenizerOptions,
  signal?: AbortSignal,
): Promise<Codec> {
  if (source.kind !== 'published') {
    const stored = await openSafetensors(await files.open(source.tokenizer, signal), signal);
    const tokenizer = buildTokenizer(storedConfig(stored));
    return packageCodec(source, { tokenizer, weights: new LazyWeights(tokenizer.parameters.all, stored) });
  }
  const checkpoint = await tokenizerCheckpoint(source.tokenizer, files, options.tokenizers ?? {}, options, signal);
  return codecOf(tokenizerFrom(publishedTokenizer(source.tokenizer), checkpoint));
}

/** Loads a frozen network: a file beside the model; its weights when they are first needed. @throws CheckpointError */
export async function loadNetwork(files: ModelSource, file: string, signal?: AbortSignal): Promise<FrozenNetwork> {
  const stored = await openSafetensors(await files.open(file, signal), signal);
  return openNetwork(file, storedConfig(stored), stored);
}
