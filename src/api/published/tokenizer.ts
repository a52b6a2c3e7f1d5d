import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { LazyWeights } from '../../nn/lazy-weights.js';
import { Random } from '../../random.js';
import type { PaintingOptions } from '../../tokenizers/diffusion/divae.js';
import { detokenizingParameters, tokenizingParameters } from '../../tokenizers/halves.js';
import {
  detokenizeWith,
  type PublishedTokenizer,
  publishedTokenizer,
  type TokenGrid,
  type TokenizerInputs,
  type TokenizerOutputs,
  tokenizeWith,
  type ValueKind,
} from '../../tokenizers/published/index.js';
import { buildTokenizer, type Tokenizer } from '../../tokenizers/tokenizer.js';
import { type FileOptions, filePlace } from '../files.js';
import { checkpointAt, kindOf, type OpenCheckpoint } from './checkpoint.js';

/** A published tokenizer; its weights are read when they are first needed. From {@link loadTokenizer}. */
export interface LoadedTokenizer {
  /** What it reads. */
  readonly preset: PublishedTokenizer;
  /**
   * Ordinary data to tokens: an 8-bit picture, a depth map, class ids, a vector, whatever the tokenizer is for.
   *
   * @param size pixels a side; the smallest that the tokenizer was trained on if not given
   */
  tokenize(input: TokenizerInputs[ValueKind], size?: number, signal?: AbortSignal): Promise<TokenGrid>;
  /** And back. @param painting how diffusion decoders paint; 50 steps of DDIM from noise of seed 0 if not given */
  detokenize(tokens: TokenGrid, painting?: PaintingOptions): Promise<TokenizerOutputs[ValueKind]>;
  /** Lets go of the weights, which are read anew when they are needed. Not to be called while it works. */
  release(): void;
  /** Lets go of all device memory. */
  dispose(): void;
}

/** A tokenizer as models use it. */
export interface OpenTokenizer extends LoadedTokenizer {
  readonly model: Tokenizer;
  readonly weights: LazyWeights;
}

/** Options of {@link loadTokenizer}. */
export interface LoadTokenizerOptions extends FileOptions {
  readonly signal?: AbortSignal | undefined;
  /** Which published tokenizer a file, folder or address holds, by its id on the Hub. */
  readonly as?: string | undefined;
}

/**
 * Loads a published tokenizer. A backend must have been chosen with `useBackend`.
 *
 * ```ts
 * const tokenizer = await loadTokenizer('EPFL-VILAB/4M_tokenizers_rgb_16k_224-448');
 * const { tokens } = await tokenizer.tokenize(photo);
 * ```
 *
 * @param id on the Hub; or, with the option `as`, a file or folder, by path or URL
 * @throws InvalidInputError if there is no such tokenizer, or it is none of the published ones
 * @throws CheckpointError naming the file and what is wrong with it
 * @throws DownloadError if a server refuses, lies or cannot be reached, or is not to be asked and a file is not cached
 * @throws CancelledError when the signal fires
 */
export async function loadTokenizer(id: string, options: LoadTokenizerOptions = {}): Promise<LoadedTokenizer> {
  const { signal, as = id.replace(/@.*$/, '') } = options;
  const preset = publishedTokenizer(as);
  const checkpoint = await checkpointAt(await filePlace(id, options), signal);
  await pauseOrCancel(signal, `loading '${id}'`);
  return tokenizerFrom(preset, checkpoint);
}

/** A tokenizer from its open checkpoint, with the errors of {@link loadTokenizer}. */
export function tokenizerFrom(preset: PublishedTokenizer, checkpoint: OpenCheckpoint): OpenTokenizer {
  if (kindOf(checkpoint) !== 'tokenizer') throw new InvalidInputError(`${checkpoint.name} is a model, not a tokenizer`);
  const model = buildTokenizer(checkpoint.config);
  const weights = new LazyWeights(model.parameters.all, checkpoint.tensors);
  return {
    preset,
    model,
    weights,
    async tokenize(input, size, signal) {
      await weights.load(tokenizingParameters(model), signal);
      return tokenizeWith(model, preset, input, size);
    },
    async detokenize(tokens, painting = { random: new Random(0) }) {
      await weights.load(detokenizingParameters(model), painting.signal);
      return detokenizeWith(model, preset, tokens, { sampler: 'ddim', ...painting });
    },
    release: () => weights.release(model.parameters.all),
    dispose() {
      for (const parameter of model.parameters.all) parameter.dispose();
    },
  };
}
