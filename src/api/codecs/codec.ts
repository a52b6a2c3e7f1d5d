import type { Computation } from '../../memory/computation.js';
import { currentDevice } from '../../memory/dry-run.js';
import { detokenizingBytes, tokenizingBytes } from '../../memory/tokenizers.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import type { LazyWeights } from '../../nn/lazy-weights.js';
import type { Parameter } from '../../nn/parameters.js';
import type { Random } from '../../random.js';
import type { DiffusionOptions } from '../../tokenizers/diffusion/divae.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import { detokenizingParameters, tokenizingParameters } from '../../tokenizers/tokenizer.js';
import type { Grid } from '../../tokenizers/vq/vit.js';
import type { Input } from '../types/inputs.js';
import type { Result } from '../types/results.js';

/** What a codec does. */
export type CodecDirection = 'tokenize' | 'detokenize';

/** How values become the tokens of a modality, and back: a tokenizer as a model uses it. */
export interface Codec {
  /**
   * @returns [h·w]
   * @throws InvalidInputError for values of another kind or size
   * @throws CancelledError when the signal fires
   */
  tokenize(input: Input, info: ModalityInfo, signal?: AbortSignal): Promise<Int32Array>;
  /**
   * @param tokens of every sample, [h·w] each
   * @param random where the noise of diffusion decoders comes from
   * @throws CancelledError when the signal fires
   */
  detokenize(
    tokens: readonly Int32Array[],
    info: ModalityInfo,
    random: Random,
    how?: Pick<DiffusionOptions, 'signal' | 'onStep'>,
  ): Promise<Result[]>;
  /** All weights of the tokenizer, and where they are read from. */
  readonly parameters: readonly Parameter[];
  readonly weights: LazyWeights;
  /** What something takes for so many samples. */
  memoryNeed(way: CodecDirection, samples: number, info: ModalityInfo): Computation;
  /** Lets go of all device memory. */
  dispose(): void;
}

/** {@link Codec.memoryNeed} of a tokenizer. @param grid of one sample's tokens; samples to tokenize come one by one */
export function tokenizerMemory(model: Tokenizer, way: CodecDirection, samples: number, grid: Grid): Computation {
  const on = currentDevice('f32');
  return way === 'tokenize'
    ? { parameters: tokenizingParameters(model), ...tokenizingBytes(model, on, 1, grid) }
    : { parameters: detokenizingParameters(model), ...detokenizingBytes(model, on, samples, grid) };
}
