import * as tf from '@tensorflow/tfjs-core';
import { additiveMask, type KVCache } from '../nn/attention.js';
import type { Batch, ModalityBatch } from '../transformer/batch.js';
import { type DecoderContext, selectEncoderInputs } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';
import { encodeContext } from './encode-context.js';
import { concatBatches, sliceBatch } from './state.js';
import { tidyExcept } from './tidy-except.js';

/**
 * Samples are read together as long as none has less than this share of the longest one's tokens: shorter ones would be filled
 * up with padding, which costs as much as tokens.
 */
const SIMILAR_LENGTH = 0.75;

/** What the decoder's blocks look at of one sample: keys and values of its own places alone, [1, n, D]. */
type SampleContext = readonly KVCache[];

/** One sample of one of the passes. */
interface CacheEntry {
  /** What the encoder gets, in words: samples of the same key are read alike. */
  readonly key: string;
  /** n, places that it has: one even if it has no tokens. */
  readonly length: number;
  /** The sample alone. */
  readonly batch: () => Batch;
}

/**
 * Reads inputs for the decoder, and never the same one twice in a row: what the step before had as well is kept, and what
 * several samples have in common is read once. Without conditions, guidance sees the same in step after step.
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
   * Reads batches, the samples of the first one first.
   *
   * @returns what stays valid, and belongs to the reader, until the next call
   */
  encode(batches: readonly Batch[]): DecoderContext {
    const samples = batches.flatMap((batch) => this.#cacheEntries(batch));
    const before = this.#samples;
    if (this.#context && samples.map(({ key }) => key).join('\n') === before.map(({ key }) => key).join('\n')) {
      return this.#context;
    }
    const readings = new Map<string, SampleContext>();
    for (const { key, length: places } of samples) {
      const row = before.findIndex((sample) => sample.key === key);
      if (row >= 0 && !readings.has(key))
        readings.set(
          key,
          tidyExcept(() => sliceContext(this.#context!, row, places), tensorsIn),
        );
    }
    this.dispose();
    const unread = new Map(samples.map((sample) => [sample.key, sample]));
    for (const key of readings.keys()) unread.delete(key);
    for (const group of groupByLength([...unread.values()])) this.#encodeGroup(group, readings);
    this.#context = tidyExcept(() => concatContexts(samples, readings), tensorsOfContext);
    for (const reading of readings.values()) tf.dispose(tensorsIn(reading));
    this.#samples = samples;
    return this.#context;
  }

  /** Lets go of the device memory. */
  dispose(): void {
    if (this.#context) tf.dispose(tensorsOfContext(this.#context));
    this.#context = undefined;
    this.#samples = [];
  }

  /** Reads samples together. */
  #encodeGroup(group: readonly CacheEntry[], readings: Map<string, SampleContext>): void {
    const read = tidyExcept(
      () => {
        const context = encodeContext(this.#model, concatBatches(group.map(({ batch: alone }) => alone())));
        return group.map(({ length: places }, row) => sliceContext(context, row, places));
      },
      (rows) => rows.flatMap(tensorsIn),
    );
    group.forEach(({ key }, row) => {
      readings.set(key, read[row]!);
    });
  }

  #cacheEntries(batch: Batch): CacheEntry[] {
    const { gathered: chosen, length: count } = selectEncoderInputs(this.#model, batch);
    return Array.from({ length: batch.size }, (_, b) => {
      let places = this.#model.config.num_register_tokens;
      const words = chosen.map(({ modality, sequenceIndices: slots, tokenIndices: at, positions }) => {
        const own = Array.from(slots.keys()).filter((i) => Math.floor(slots[i]! / count) === b);
        places += own.length;
        const say = this.#valueKey(batch.modalities[modality]!);
        return own.length > 0 ? `${modality} ${own.map((i) => `${positions[i]}=${say(at[i]!)}`)}` : '';
      });
      return { key: words.join(' '), length: Math.max(1, places), batch: () => sliceBatch(batch, b) };
    });
  }

  /** What tells a token's value from others: its id, or the array it is in and where. */
  #valueKey({ ids, pixels, embeddings }: ModalityBatch): (place: number) => string {
    if (ids) return (place) => `${ids[place]}`;
    const values = (pixels ?? embeddings)!;
    const name = this.#arrayIds.get(values) ?? this.#arrayCount++;
    this.#arrayIds.set(values, name);
    return (place) => `#${name}.${place}`;
  }
}

/** Samples in groups of similar length, the longest first. */
export function groupByLength<T extends { readonly length: number }>(samples: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (const sample of [...samples].sort((a, b) => b.length - a.length)) {
    const last = groups.at(-1);
    if (last && sample.length >= SIMILAR_LENGTH * last[0]!.length) last.push(sample);
    else groups.push([sample]);
  }
  return groups;
}

/** A sample's part of a context: its places are the first ones. */
function sliceContext({ blocks }: DecoderContext, row: number, places: number): SampleContext {
  const part = (x: tf.Tensor3D) => tf.slice(x, [row, 0, 0], [1, places, -1]);
  return blocks.map(({ keys, values }) => ({ keys: part(keys), values: part(values) }));
}

/** The context of samples, each filled up to the places of the longest. */
function concatContexts(samples: readonly CacheEntry[], readings: ReadonlyMap<string, SampleContext>): DecoderContext {
  const most = Math.max(...samples.map(({ length: places }) => places));
  const filled = new Map(
    Array.from(readings, ([key, reading]) => [key, reading.map((block) => padContext(block, most))]),
  );
  const rows = samples.map(({ key }) => filled.get(key)!);
  const blocks = rows[0]!.map((_, i) => ({
    keys: tf.concat(rows.map((row) => row[i]!.keys)),
    values: tf.concat(rows.map((row) => row[i]!.values)),
  }));
  if (samples.every(({ length: places }) => places === most)) return { blocks, mask: undefined };
  const blocked = samples.flatMap(({ length: places }) => Array.from({ length: most }, (_, n) => Number(n >= places)));
  return { blocks, mask: additiveMask(blocked, [samples.length, 1, most]) };
}

function padContext({ keys, values }: KVCache, most: number): KVCache {
  const missing = most - keys.shape[1];
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
