import { openSafetensors } from '../../checkpoints/safetensors.js';
import { storedConfig } from '../../checkpoints/stored-config.js';
import { LazyWeights } from '../../nn/lazy-weights.js';
import { publishedTokenizer } from '../../tokenizers/published/index.js';
import { buildTokenizer } from '../../tokenizers/tokenizer.js';
import type { Codec } from '../codecs/codec.js';
import { imageCodec } from '../codecs/image-codec.js';
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
 * @param place where the model is
 */
export async function loadCodec(
  place: ModelSource,
  name: string,
  modality: CodecSource,
  options: TokenizerOptions,
  signal?: AbortSignal,
): Promise<Codec> {
  if (modality.kind === 'image') {
    const stored = await openSafetensors(await place.open(modality.tokenizer, signal), signal);
    const model = buildTokenizer(storedConfig(stored));
    return imageCodec(name, modality, model, new LazyWeights(model.parameters.all, stored));
  }
  const checkpoint = await tokenizerCheckpoint(modality.tokenizer, place, options.tokenizers ?? {}, options, signal);
  return codecOf(tokenizerFrom(publishedTokenizer(modality.tokenizer), checkpoint));
}
