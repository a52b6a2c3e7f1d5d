/** Span masking: runs of masked tokens make place for a sentinel each, and the target spells out what stood there. (As T5.) */
import { InvalidInputError } from '../errors.js';

/** The two halves of a span-masked sequence, as token ids. */
export interface Spans {
  /** What is shown: kept tokens, and one sentinel for every masked run. */
  input: number[];
  /** What is to be predicted: every sentinel with the tokens it stands for, and a last sentinel that ends the list. */
  target: number[];
}

/**
 * Splits a sequence into input and target. (`simple_span_masking`, and `chunk_span_masking` for chunks of several tokens.)
 *
 * @param chunks          token ids that are kept or masked together; one token each for plain span masking
 * @param uniforms        one random number in [0, 1) per chunk; the chunk is kept if it is at most `keepProbability`
 * @param keepProbability in [0, 1]
 * @param sentinelIds     entry `k` is the id of `[S_k]`; the first span is `[S_1]`
 * @throws {InvalidInputError} when there are more masked runs than sentinels
 */
export function maskSpans(
  chunks: readonly ArrayLike<number>[],
  uniforms: ArrayLike<number>,
  keepProbability: number,
  sentinelIds: readonly number[],
): Spans {
  const input: number[] = [];
  const target: number[] = [];
  const limit = Math.fround(keepProbability); // the published comparison is in single precision
  let spans = 0;
  let inSpan = false;
  chunks.forEach((chunk, i) => {
    const masked = uniforms[i]! > limit;
    if (masked && !inSpan) {
      spans++;
      input.push(sentinel(spans, sentinelIds));
      target.push(sentinel(spans, sentinelIds));
    }
    inSpan = masked;
    const half = masked ? target : input;
    for (let t = 0; t < chunk.length; t++) half.push(chunk[t]!);
  });
  target.push(sentinel(spans + 1, sentinelIds));
  return { input, target };
}

/**
 * Puts a span-masked sequence together again: every sentinel of the input gives way to the tokens that follow the same
 * sentinel in the prediction, or to nothing. Predicted tokens of sentinels that the input lacks are dropped.
 * (`merge_span_masking` officially.)
 */
export function mergeSpans(
  input: Iterable<number>,
  predicted: Iterable<number>,
  sentinelIds: Iterable<number>,
): number[] {
  const sentinels = new Set(sentinelIds);
  const filling = splitBySentinel(predicted, sentinels);
  const merged: number[] = [];
  for (const token of input) {
    if (!sentinels.has(token)) merged.push(token);
    else for (const filled of filling.get(token) ?? []) merged.push(filled);
  }
  return merged;
}

/**
 * The tokens of a prediction, grouped by the sentinel before them; a sentinel that comes twice collects both runs, and
 * tokens before any sentinel are under `null`. (`split_by_sentinel` officially.)
 */
export function splitBySentinel(
  predicted: Iterable<number>,
  sentinelIds: ReadonlySet<number>,
): Map<number | null, number[]> {
  const runs = new Map<number | null, number[]>();
  let current: number | null = null;
  for (const token of predicted) {
    if (sentinelIds.has(token)) current = token;
    else if (runs.has(current)) runs.get(current)!.push(token);
    else runs.set(current, [token]);
  }
  return runs;
}

function sentinel(number: number, sentinelIds: readonly number[]): number {
  const id = sentinelIds[number];
  if (id === undefined) {
    throw new InvalidInputError(
      `masking needs sentinel [S_${number}], but the vocabulary ends at [S_${sentinelIds.length - 1}]; ` +
        'train the tokenizer with more sentinels, or shorten the sequence',
    );
  }
  return id;
}
