import type { ModalityInfo } from '../modalities/modality.js';
import type { Random } from '../random.js';
import type { PaintingOptions } from '../tokenizers/diffusion/divae.js';
import type { Input } from './generate-options.js';
import type { Result } from './results.js';

/** How values become the tokens of a modality, and back: a tokenizer as a model uses it. */
export interface Codec {
  /** @returns [h·w] @throws InvalidInputError for values of another kind or size */
  tokenize(input: Input, info: ModalityInfo): Promise<Int32Array>;
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
  /** Lets go of all device memory. */
  dispose(): void;
}
