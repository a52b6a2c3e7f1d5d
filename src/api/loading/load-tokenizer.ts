import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import type { Parameter } from '../../nn/parameters.js';
import {
  PUBLISHED_TOKENIZERS,
  type PublishedTokenizer,
  prepareWith,
  publishedTokenizer,
} from '../../tokenizers/published/index.js';
import type { Grid } from '../../tokenizers/vq/vit.js';
import { type CodecDirection, tokenizerMemory } from '../codecs/codec.js';
import { checkFits } from '../resources/check-fits.js';
import { directionMemory } from '../resources/request-need.js';
import { enqueue } from '../resources/request-queue.js';
import { freeMemoryFor, registerWeightOwner, type WeightOwner } from '../resources/weight-owners.js';
import { checkpointAt } from './checkpoint.js';
import { type FileOptions, modelSource } from './model-source.js';
import { type LoadedTokenizer, type OpenTokenizer, tokenizerFrom } from './tokenizer.js';

/** Options of {@link loadTokenizer}. */
export interface LoadTokenizerOptions extends FileOptions {
  readonly signal?: AbortSignal | undefined;
  /** Which published tokenizer a file, folder or address holds, by its id on the Hub. */
  readonly as?: string | undefined;
}

/**
 * Loads a published tokenizer. A backend must have been chosen with `useBackend`. What is asked of it waits for its turn, as what is
 * asked of models does, and a MemoryError says beforehand if the backend has no room for it.
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
  const { signal } = options;
  const preset = presetOf(id, options.as);
  const checkpoint = await checkpointAt(await modelSource(id, options), signal);
  await pauseOrCancel(signal, `loading '${id}'`);
  return byItself(tokenizerFrom(preset, checkpoint));
}

function presetOf(id: string, as: string | undefined): PublishedTokenizer {
  const name = as ?? id.replace(/@.*$/, '');
  if (as === undefined && !Object.hasOwn(PUBLISHED_TOKENIZERS, name)) {
    const known = Object.keys(PUBLISHED_TOKENIZERS).join(', ');
    throw new InvalidInputError(`'${id}' is no published tokenizer; the option 'as' says which one it holds: ${known}`);
  }
  return publishedTokenizer(name);
}

/** A tokenizer that belongs to no model. */
function byItself(tokenizer: OpenTokenizer): LoadedTokenizer {
  const { preset, model, weights } = tokenizer;
  let inUse: readonly Parameter[] = [];
  const owner: WeightOwner = {
    parameters: async () => model.parameters.all,
    async release() {
      weights.release(model.parameters.all.filter((parameter) => !inUse.includes(parameter)));
    },
  };
  const forget = registerWeightOwner(owner);
  const using = async <T>(way: CodecDirection, grid: Grid, compute: () => Promise<T>): Promise<T> => {
    const need = tokenizerMemory(model, way, 1, grid);
    await checkFits([directionMemory(need, `with '${preset.name}'`, way)]);
    inUse = need.parameters;
    try {
      await freeMemoryFor(need, owner);
      return await compute();
    } finally {
      inUse = [];
    }
  };
  return {
    preset,
    tokenize(input, size, signal) {
      return enqueue('tokenizing', signal, async () => {
        const prepared = prepareWith(model, preset, input, size);
        return using('tokenize', prepared.grid, () => tokenizer.tokenizePrepared(prepared, signal));
      });
    },
    detokenize(tokens, painting) {
      return enqueue('detokenizing', painting?.signal, () => {
        const detokenize = () => tokenizer.detokenize(tokens, painting);
        // What is no grid is refused by what decodes it.
        const isGrid = tokens.grid.every((side) => Number.isInteger(side) && side > 0);
        return isGrid ? using('detokenize', tokens.grid, detokenize) : detokenize();
      });
    },
    release: () => tokenizer.release(),
    dispose() {
      forget();
      tokenizer.dispose();
    },
  };
}
