import { machineInUse } from '../memory/layers.js';
import type { Computation } from '../memory/room.js';
import { detokenizingBytes, tokenizingBytes } from '../memory/tokenizers.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { LazyWeights } from '../nn/lazy-weights.js';
import type { Parameter } from '../nn/parameters.js';
import type { Random } from '../random.js';
import type { PaintingOptions } from '../tokenizers/diffusion/divae.js';
import { detokenizingParameters, tokenizingParameters } from '../tokenizers/halves.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import type { Grid } from '../tokenizers/vq/vit.js';
import type { Input } from './generate-options.js';
import type { Result } from './results.js';

/** What a codec does. */
export type Way = 'tokenize' | 'detokenize';

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
    how?: Pick<PaintingOptions, 'signal' | 'onStep'>,
  ): Promise<Result[]>;
  /** All weights of the tokenizer, and where they are read from. */
  readonly parameters: readonly Parameter[];
  readonly weights: LazyWeights;
  /** What something takes for so many samples. */
  need(way: Way, samples: number, info: ModalityInfo): Computation;
  /** Lets go of all device memory. */
  dispose(): void;
}

/** {@link Codec.need} of a tokenizer. @param grid of one sample's tokens; samples to tokenize come one by one */
export function tokenizerNeed(model: Tokenizer, way: Way, samples: number, grid: Grid): Computation {
  const on = machineInUse('f32');
  return way === 'tokenize'
    ? { parameters: tokenizingParameters(model), ...tokenizingBytes(model, on, 1, grid) }
    : { parameters: detokenizingParameters(model), ...detokenizingBytes(model, on, samples, grid) };
}
