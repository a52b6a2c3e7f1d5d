import type { Computation } from '../../memory/computation.js';
import { currentDevice } from '../../memory/dry-run.js';
import { detokenizingMemory, tokenizingMemory } from '../../memory/tokenizers.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import type { LazyWeights } from '../../nn/lazy-weights.js';
import type { Parameter } from '../../nn/parameters.js';
import type { Random } from '../../random.js';
import type { DiffusionOptions } from '../../tokenizers/diffusion/divae.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import { detokenizingParameters, tokenizingParameters } from '../../tokenizers/tokenizer.js';
import type { Grid } from '../../tokenizers/vq/vit.js';
import type { Input } from '../types/inputs.js';
import type { UnnamedResult } from '../types/results.js';

/** Direction of a codec. */
export type CodecDirection = 'tokenize' | 'detokenize';

/** How values become the tokens of a modality, and back: a tokenizer as a model uses it. */
export interface Codec {
  /**
   * @param info its name is that of error messages
   * @returns [h·w]
   * @throws InvalidInputError for values of another kind or size
   * @throws CancelledError when the signal fires
   */
  tokenize(input: Input, info: ModalityInfo, signal?: AbortSignal): Promise<Int32Array>;
  /**
   * @param tokens of every sample, [h·w] each
   * @param random where the noise of diffusion decoders comes from, one for each sample
   * @throws CancelledError when the signal fires
   */
  detokenize(
    tokens: readonly Int32Array[],
    info: ModalityInfo,
    random: readonly Random[],
    how?: Pick<DiffusionOptions, 'signal' | 'onStep'>,
  ): Promise<UnnamedResult[]>;
  /** Token ids run from 0 to below this. */
  readonly codebookSize: number;
  /** All weights of the tokenizer, and where they are read from. */
  readonly parameters: readonly Parameter[];
  readonly weights: LazyWeights;
  /** Memory of tokenizing or detokenizing, by number of samples. */
  memoryNeed(way: CodecDirection, info: ModalityInfo): (samples: number) => Computation;
  /** Lets go of all device memory. */
  dispose(): void;
}

/** {@link Codec.memoryNeed} of a tokenizer. @param grid of one sample's tokens; samples to tokenize come one by one */
export function tokenizerMemory(model: Tokenizer, way: CodecDirection, grid: Grid): (samples: number) => Computation {
  const on = currentDevice('f32');
  if (way === 'tokenize') {
    const computation = { parameters: tokenizingParameters(model), ...tokenizingMemory(model, on, grid)(1) };
    return () => computation;
  }
  const parameters = detokenizingParameters(model);
  const memory = detokenizingMemory(model, on, grid);
  return (samples) => ({ parameters, ...memory(samples) });
}
