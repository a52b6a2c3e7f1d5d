/** Span masking as in T5: each masked span is replaced by a sentinel, and the target lists the sentinels with their tokens. */
import { InvalidInputError } from '../errors.js';

/** Input and target of a span-masked sequence, as token ids. */
export interface Spans {
  /** Kept tokens, and one sentinel for every span. */
  input: number[];
  /** Every sentinel followed by the tokens of its span, and a final sentinel. */
  target: number[];
}

/**
 * Splits a sequence into input and target. (`simple_span_masking`, and `chunk_span_masking` for chunks of several tokens.)
 *
 * @param chunks          token ids that are kept or masked together; one token each for plain span masking
 * @param uniforms        one random number in [0, 1) per chunk; the chunk is kept if it is at most `keepProbability`
 * @param keepProbability in [0, 1]
 * @param sentinelIds     entry `k` is the id of `[S_k]`; the first span is `[S_1]`
 * @throws {InvalidInputError} if there are more spans than sentinels
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
 * Merges a span-masked sequence with predicted spans: every sentinel of the input is replaced by the tokens after the same
 * sentinel in the prediction, if any. Spans of sentinels that are not in the input are dropped.
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
 * The tokens of a prediction, grouped by the sentinel before them; a repeated sentinel collects all its spans, and
 * tokens before the first sentinel are under `null`. (`split_by_sentinel` officially.)
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
