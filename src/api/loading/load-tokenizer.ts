import { InvalidInputError, pauseOrCancel, throwIfCancelled } from '../../errors.js';
import { redactedAddress } from '../../hub/redact.js';
import { didYouMean } from '../../nearest-name.js';
import type { Parameter } from '../../nn/parameters.js';
import { checkOptionNames } from '../../option-names.js';
import {
  PUBLISHED_TOKENIZERS,
  type PublishedTokenizer,
  prepareWith,
  publishedTokenizer,
} from '../../tokenizers/published/index.js';
import type { Grid } from '../../tokenizers/vq/vit.js';
import { type CodecDirection, tokenizerMemory } from '../codecs/codec.js';
import { checkFits } from '../resources/check-fits.js';
import { checkNowOrQueued } from '../resources/download.js';
import { directionMemory } from '../resources/request-need.js';
import { enqueue } from '../resources/request-queue.js';
import { freeMemoryFor, registerWeightOwner, type WeightOwner } from '../resources/weight-owners.js';
import { checkpointAt } from './checkpoint.js';
import { checkId, FILE_OPTIONS, type FileOptions, modelSource } from './model-source.js';
import { type LoadedTokenizer, type OpenTokenizer, tokenizerFrom } from './tokenizer.js';

/** Options of {@link loadTokenizer}. */
export interface LoadTokenizerOptions extends FileOptions {
  readonly signal?: AbortSignal | undefined;
  /** Which published tokenizer a file, folder or address holds, by its id on the Hub. */
  readonly as?: string | undefined;
}

/**
 * Loads a published tokenizer. A backend must have been chosen with `useBackend`. Its requests are queued with
 * those to models, and a request that does not fit into the backend's memory is rejected before it starts (MemoryError).
 *
 * ```ts
 * const tokenizer = await loadTokenizer('EPFL-VILAB/4M_tokenizers_rgb_16k_224-448');
 * const { tokens } = await tokenizer.tokenize(photo);
 * ```
 *
 * @param id on the Hub; or, with the option `as`, a file or folder, by path or URL
 * @throws InvalidInputError if there is no such tokenizer, or it is none of the published ones
 * @throws CheckpointError naming the file and what is wrong with it
 * @throws DownloadError if a server refuses, contradicts itself or cannot be reached; offline, if a file is not cached
 * @throws CancelledError when the signal fires
 */
export async function loadTokenizer(id: string, options: LoadTokenizerOptions = {}): Promise<LoadedTokenizer> {
  checkOptionNames('loadTokenizer', options, [...FILE_OPTIONS, 'signal', 'as']);
  const { signal } = options;
  checkId(id);
  const preset = presetOf(id, options.as);
  const source = await modelSource(id, options);
  const checkpoint = await checkpointAt(source, signal);
  await pauseOrCancel(signal, `loading '${source.id}'`);
  return byItself(tokenizerFrom(preset, checkpoint), source.local);
}

function presetOf(id: string, as: string | undefined): PublishedTokenizer {
  const name = as ?? id.replace(/@.*$/, '');
  if (as === undefined && !Object.hasOwn(PUBLISHED_TOKENIZERS, name)) {
    const names = Object.keys(PUBLISHED_TOKENIZERS);
    const known = names.join(', ');
    throw new InvalidInputError(
      `'${redactedAddress(id)}' is no published tokenizer${didYouMean(id, names)}; name the one it holds in the option 'as': ${known}`,
    );
  }
  return publishedTokenizer(name);
}

/** A tokenizer that belongs to no model. @param local whether its file is on this machine */
function byItself(tokenizer: OpenTokenizer, local: boolean): LoadedTokenizer {
  const { preset, model, weights } = tokenizer;
  let inUse: readonly Parameter[] = [];
  const owner: WeightOwner = {
    parameters: async () => model.parameters.all,
    async release() {
      weights.release(model.parameters.all.filter((parameter) => !inUse.includes(parameter)));
    },
  };
  const forget = registerWeightOwner(owner);
  const checked = async (way: CodecDirection, grid: Grid) => {
    const need = tokenizerMemory(model, way, grid)(1);
    await checkFits([directionMemory(need, `with '${preset.name}'`, way)]);
    return need;
  };
  const using = async <T>(way: CodecDirection, grid: Grid, compute: () => Promise<T>): Promise<T> => {
    const need = await checked(way, grid);
    inUse = need.parameters;
    try {
      await freeMemoryFor(need, owner);
      return await compute();
    } finally {
      inUse = [];
    }
  };
  let requests = 0;
  /** Queues a computation; weights that are not on this machine are downloaded first. */
  const enqueueCall = async <T>(
    way: CodecDirection,
    grid: Grid | undefined,
    signal: AbortSignal | undefined,
    run: () => Promise<T>,
  ): Promise<T> => {
    const what = way === 'tokenize' ? 'tokenizing' : 'detokenizing';
    const download = async () => {
      if (!grid) return;
      await checkNowOrQueued(what, signal, () => checked(way, grid));
      await weights.fetch(tokenizerMemory(model, way, grid)(1).parameters, signal);
    };
    requests++;
    try {
      return await enqueue(what, signal, run, local ? undefined : download);
    } finally {
      if (--requests === 0) weights.forget();
    }
  };
  return {
    preset,
    async tokenize(input, size, signal) {
      throwIfCancelled(signal, 'tokenizing');
      const prepared = prepareWith(model, preset, input, size);
      const tokenize = () => tokenizer.tokenizePrepared(prepared, signal);
      return enqueueCall('tokenize', prepared.grid, signal, () => using('tokenize', prepared.grid, tokenize));
    },
    detokenize(tokens, painting) {
      const detokenize = () => tokenizer.detokenize(tokens, painting);
      // The decoder rejects an invalid grid.
      const isGrid = tokens.grid.every((side) => Number.isInteger(side) && side > 0);
      const run = () => (isGrid ? using('detokenize', tokens.grid, detokenize) : detokenize());
      return enqueueCall('detokenize', isGrid ? tokens.grid : undefined, painting?.signal, run);
    },
    release: () => tokenizer.release(),
    dispose() {
      forget();
      tokenizer.dispose();
    },
  };
}
