import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { maskSpans, mergeSpans, splitBySentinel } from '../../src/masking/span-mask.js';

const vectors = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../spec/vectors/${name}/data.json`, import.meta.url), 'utf8'));

/** The published ids: [S_0] is 4, and so on to [S_199]. */
const sentinelIds = Array.from({ length: 200 }, (_, k) => 4 + k);

interface SpanCase {
  fn: 'simple' | 'chunk';
  sequence?: number[];
  chunks?: number[][];
  rand: number[];
  keep_prob: number;
  input: number[];
  target: number[];
  merged_back: number[];
}

describe('published span masks', () => {
  const cases = vectors('mask_span') as SpanCase[];
  test.each(cases.map((c, i) => [i, c.fn, c] as const))('%i (%s)', (_, __, c) => {
    const chunks = c.chunks ?? c.sequence!.map((token) => [token]);
    const { input, target } = maskSpans(chunks, c.rand, c.keep_prob, sentinelIds);
    expect({ input, target }).toEqual({ input: c.input, target: c.target });
    expect(mergeSpans(input, target, sentinelIds)).toEqual(c.merged_back);
  });
});

describe('published merges', () => {
  const cases = vectors('mask_merge') as {
    input: number[];
    decoder: number[];
    merged: number[];
    splits: Record<string, number[]>;
  }[];
  test.each(cases)('$input with $decoder', (c) => {
    expect(mergeSpans(c.input, c.decoder, sentinelIds)).toEqual(c.merged);
    const splits = [...splitBySentinel(c.decoder, new Set(sentinelIds))];
    expect(Object.fromEntries(splits.map(([sentinel, run]) => [sentinel ?? 'None', run]))).toEqual(c.splits);
  });
});

test('merging the two halves gives the sequence back', () => {
  const chunk = fc.array(fc.integer({ min: 300, max: 999 }), { minLength: 1, maxLength: 4 });
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(chunk, probability), { maxLength: 60 }), probability, (sequence, keep) => {
      const chunks = sequence.map(([tokens]) => tokens);
      const uniforms = sequence.map(([, u]) => u);
      const { input, target } = maskSpans(chunks, uniforms, keep, sentinelIds);
      expect(mergeSpans(input, target, sentinelIds)).toEqual(chunks.flat());
    }),
  );
});

test('too few sentinels are an error', () => {
  const alternating = [0.9, 0.1, 0.9, 0.1, 0.9];
  const chunks = alternating.map((_, i) => [300 + i]);
  expect(() => maskSpans(chunks, alternating, 0.5, [4, 5, 6, 7])).toThrow(
    new InvalidInputError(
      'masking needs sentinel [S_4], but the vocabulary ends at [S_3]; train the tokenizer with more sentinels, or shorten the sequence',
    ),
  );
});
