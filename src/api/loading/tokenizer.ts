import { InvalidInputError } from '../../errors.js';
import { LazyWeights } from '../../nn/lazy-weights.js';
import { Random } from '../../random.js';
import type { DiffusionOptions } from '../../tokenizers/diffusion/divae.js';
import {
  detokenizeWith,
  type PreparedInput,
  type PublishedTokenizer,
  prepareWith,
  type TokenGrid,
  type TokenizerInputs,
  type TokenizerOutputs,
  tokenizePrepared,
  type ValueKind,
} from '../../tokenizers/published/index.js';
import {
  buildTokenizer,
  detokenizingParameters,
  type Tokenizer,
  tokenizingParameters,
} from '../../tokenizers/tokenizer.js';
import { kindOf, type OpenCheckpoint } from './checkpoint.js';

/** A published tokenizer; its weights are read when they are first needed. From `loadTokenizer`. */
export interface LoadedTokenizer {
  /** Its inputs. */
  readonly preset: PublishedTokenizer;
  /**
   * Data to tokens: an 8-bit picture, a depth map, class ids or a vector, by the kind of the tokenizer.
   *
   * @param size pixels a side; the smallest that the tokenizer was trained on if not given
   */
  tokenize(input: TokenizerInputs[ValueKind], size?: number, signal?: AbortSignal): Promise<TokenGrid>;
  /** And back. @param painting how diffusion decoders paint; 50 steps of DDIM from noise of seed 0 if not given */
  detokenize(tokens: TokenGrid, painting?: DiffusionOptions): Promise<TokenizerOutputs[ValueKind]>;
  /** Lets go of the weights, which are read anew when they are needed. Not to be called while it works. */
  release(): void;
  /** Lets go of all device memory. Not to be called while it works. */
  dispose(): void;
}

/** A tokenizer as models use it. */
export interface OpenTokenizer extends LoadedTokenizer {
  readonly model: Tokenizer;
  readonly weights: LazyWeights;
  /** {@link LoadedTokenizer.tokenize} of what `prepareWith` made. */
  tokenizePrepared(input: PreparedInput, signal?: AbortSignal): Promise<TokenGrid>;
}

/** A tokenizer from its open checkpoint, with the errors of `loadTokenizer`. */
export function tokenizerFrom(preset: PublishedTokenizer, checkpoint: OpenCheckpoint): OpenTokenizer {
  if (kindOf(checkpoint) !== 'tokenizer') throw new InvalidInputError(`${checkpoint.name} is a model, not a tokenizer`);
  const model = buildTokenizer(checkpoint.config);
  const weights = new LazyWeights(model.parameters.all, checkpoint.tensors);
  return {
    preset,
    model,
    weights,
    async tokenize(input, size, signal) {
      return this.tokenizePrepared(prepareWith(model, preset, input, size), signal);
    },
    async tokenizePrepared(prepared, signal) {
      await weights.load(tokenizingParameters(model), signal);
      return tokenizePrepared(model, prepared);
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
