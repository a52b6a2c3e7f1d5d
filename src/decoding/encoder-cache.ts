import * as tf from '@tensorflow/tfjs-core';
import { additiveMask, type KVCache } from '../nn/attention.js';
import type { Batch, ModalityBatch } from '../transformer/batch.js';
import { type DecoderContext, selectEncoderInputs } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';
import { encodeContext } from './encode-context.js';
import { concatBatches, sliceBatch } from './state.js';
import { tidyExcept } from './tidy-except.js';

/**
 * Samples are encoded in one batch if none is shorter than this fraction of the longest: padding costs as much as tokens.
 */
const SIMILAR_LENGTH = 0.75;

/** Cross-attention keys and values of one sample, without padding, for each decoder block: [1, n, D]. */
type SampleContext = readonly KVCache[];

/** One sample of one pass. */
interface CacheEntry {
  /** Describes the encoder's input: samples with equal keys have equal inputs. */
  readonly key: string;
  /** n, encoder length of the sample: at least 1, even without tokens. */
  readonly length: number;
  /** The sample as a batch of one. */
  readonly batch: () => Batch;
}

/**
 * Encodes the inputs of a decoding step, and keeps the cross-attention keys and values of the previous step. A sample is encoded
 * only if its inputs differ from those of every sample of the previous step, and samples with equal inputs are encoded once.
 * This pays with guidance, where the inputs of the unconditional pass are often the same in all steps.
 */
export class EncoderCache {
  readonly #model: FourM;
  readonly #arrayIds = new WeakMap<object, number>();
  #arrayCount = 0;
  #samples: readonly CacheEntry[] = [];
  #context: DecoderContext | undefined;

  constructor(model: FourM) {
    this.#model = model;
  }

  /**
   * Encodes the samples of all batches, in order.
   *
   * @returns the decoder's context for all samples, owned by the cache and valid until the next call
   */
  encode(batches: readonly Batch[]): DecoderContext {
    const samples = batches.flatMap((batch) => this.#cacheEntries(batch));
    const before = this.#samples;
    if (this.#context && samples.map(({ key }) => key).join('\n') === before.map(({ key }) => key).join('\n')) {
      return this.#context;
    }
    const contexts = new Map<string, SampleContext>();
    for (const { key, length } of samples) {
      const row = before.findIndex((sample) => sample.key === key);
      if (row >= 0 && !contexts.has(key))
        contexts.set(
          key,
          tidyExcept(() => sliceContext(this.#context!, row, length), tensorsIn),
        );
    }
    this.dispose();
    const missing = new Map(samples.map((sample) => [sample.key, sample]));
    for (const key of contexts.keys()) missing.delete(key);
    for (const group of groupByLength([...missing.values()])) this.#encodeGroup(group, contexts);
    this.#context = tidyExcept(() => concatContexts(samples, contexts), tensorsOfContext);
    for (const context of contexts.values()) tf.dispose(tensorsIn(context));
    this.#samples = samples;
    return this.#context;
  }

  /** Releases the device memory. */
  dispose(): void {
    if (this.#context) tf.dispose(tensorsOfContext(this.#context));
    this.#context = undefined;
    this.#samples = [];
  }

  /** Encodes samples in one batch. */
  #encodeGroup(group: readonly CacheEntry[], contexts: Map<string, SampleContext>): void {
    const encoded = tidyExcept(
      () => {
        const context = encodeContext(this.#model, concatBatches(group.map(({ batch }) => batch())));
        return group.map(({ length }, row) => sliceContext(context, row, length));
      },
      (rows) => rows.flatMap(tensorsIn),
    );
    group.forEach(({ key }, row) => {
      contexts.set(key, encoded[row]!);
    });
  }

  #cacheEntries(batch: Batch): CacheEntry[] {
    const { gathered, length: padded } = selectEncoderInputs(this.#model, batch);
    return Array.from({ length: batch.size }, (_, b) => {
      let length = this.#model.config.num_register_tokens;
      const keys = gathered.map(({ modality, sequenceIndices, tokenIndices, positions }) => {
        const own = Array.from(sequenceIndices.keys()).filter((i) => Math.floor(sequenceIndices[i]! / padded) === b);
        length += own.length;
        const valueKey = this.#valueKey(batch.modalities[modality]!);
        return own.length > 0 ? `${modality} ${own.map((i) => `${positions[i]}=${valueKey(tokenIndices[i]!)}`)}` : '';
      });
      return { key: keys.join(' '), length: Math.max(1, length), batch: () => sliceBatch(batch, b) };
    });
  }

  /** Identifies a token's value: by its id, or for vectors and pixels by array and index. */
  #valueKey({ ids, pixels, embeddings }: ModalityBatch): (tokenIndex: number) => string {
    if (ids) return (index) => `${ids[index]}`;
    const values = (pixels ?? embeddings)!;
    const name = this.#arrayIds.get(values) ?? this.#arrayCount++;
    this.#arrayIds.set(values, name);
    return (index) => `#${name}.${index}`;
  }
}

/** Groups samples of similar length, the longest first. */
export function groupByLength<T extends { readonly length: number }>(samples: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (const sample of [...samples].sort((a, b) => b.length - a.length)) {
    const last = groups.at(-1);
    if (last && sample.length >= SIMILAR_LENGTH * last[0]!.length) last.push(sample);
    else groups.push([sample]);
  }
  return groups;
}

/** The context of one sample, which is the first `length` positions of its row. */
function sliceContext({ blocks }: DecoderContext, row: number, length: number): SampleContext {
  const part = (x: tf.Tensor3D) => tf.slice(x, [row, 0, 0], [1, length, -1]);
  return blocks.map(({ keys, values }) => ({ keys: part(keys), values: part(values) }));
}

/** The context of several samples, padded to the longest, with a mask for the padding. */
function concatContexts(samples: readonly CacheEntry[], contexts: ReadonlyMap<string, SampleContext>): DecoderContext {
  const longest = Math.max(...samples.map(({ length }) => length));
  const padded = new Map(
    Array.from(contexts, ([key, context]) => [key, context.map((block) => padContext(block, longest))]),
  );
  const rows = samples.map(({ key }) => padded.get(key)!);
  const blocks = rows[0]!.map((_, i) => ({
    keys: tf.concat(rows.map((row) => row[i]!.keys)),
    values: tf.concat(rows.map((row) => row[i]!.values)),
  }));
  if (samples.every(({ length }) => length === longest)) return { blocks, mask: undefined };
  const padding = samples.flatMap(({ length }) => Array.from({ length: longest }, (_, n) => Number(n >= length)));
  return { blocks, mask: additiveMask(padding, [samples.length, 1, longest]) };
}

function padContext({ keys, values }: KVCache, longest: number): KVCache {
  const missing = longest - keys.shape[1];
  if (missing === 0) return { keys, values };
  const fill = (x: tf.Tensor3D): tf.Tensor3D =>
    tf.pad3d(x, [
      [0, 0],
      [0, missing],
      [0, 0],
    ]);
  return { keys: fill(keys), values: fill(values) };
}

function tensorsIn(blocks: readonly KVCache[]): tf.Tensor[] {
  return blocks.flatMap(({ keys, values }) => [keys, values]);
}

function tensorsOfContext({ blocks, mask }: DecoderContext): tf.Tensor[] {
  return mask ? [...tensorsIn(blocks), mask] : tensorsIn(blocks);
}
