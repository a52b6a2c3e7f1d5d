import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { decodeText } from '../../src/masking/decode-text.js';
import { maskSpans } from '../../src/masking/span-mask.js';
import { loadWordPiece, type WordPiece } from '../../src/tokenizers/text/word-piece.js';
import { describeUnless } from '../cannot-run.js';
import { officialVocabulary, WHERE_TO_GET_IT } from '../tokenizers/text/official-vocabulary.js';

const vectors: {
  tensor: number[][];
  input_mask: number[][];
  target_mask: number[][];
  input_text: string | string[];
  target_text: string | string[];
  merged_text: string | string[];
}[] = JSON.parse(readFileSync(new URL('../../spec/vectors/trans_decode_text/data.json', import.meta.url), 'utf8'));

const official = officialVocabulary();

describeUnless(official ? undefined : WHERE_TO_GET_IT, 'published texts', () => {
  let wordPiece: WordPiece;
  beforeAll(() => {
    wordPiece = loadWordPiece(official);
  });

  test.each(vectors.map((c, i) => [i, c] as const))('batch %i', (_, c) => {
    const read = c.tensor.map((ids, i) =>
      decodeText(
        {
          ids: Int32Array.from(ids),
          inputMask: Uint8Array.from(c.input_mask[i]!),
          targetMask: Uint8Array.from(c.target_mask[i]!),
        },
        wordPiece,
      ),
    );
    expect(read.map((text) => text.input)).toEqual([c.input_text].flat());
    expect(read.map((text) => text.target)).toEqual([c.target_text].flat());
    expect(read.map((text) => text.merged)).toEqual([c.merged_text].flat());
  });
});

/** Ids as words, of which 100 and above are sentinels. */
const VOCABULARY = {
  sentinelIds: Array.from({ length: 30 }, (_, k) => 100 + k),
  decode: (ids: Iterable<number>) => Array.from(ids).join(' '),
};

test('input and target merge to the whole text, for any mask', () => {
  const sequence = fc.array(fc.tuple(fc.nat(99), fc.double({ min: 0, max: 0.99, noNaN: true })), { maxLength: 20 });
  fc.assert(
    fc.property(sequence, fc.double({ min: 0, max: 1, noNaN: true }), (tokens, keep) => {
      const chunks = tokens.map(([id]) => [id]);
      const uniforms = tokens.map(([, uniform]) => uniform);
      const { input, target } = maskSpans(chunks, uniforms, keep, VOCABULARY.sentinelIds);
      const isTarget = Uint8Array.from([...input.map(() => 0), ...target.map(() => 1), 0]);
      const ids = Int32Array.from([...input, ...target, 0]);
      const inputMask = isTarget.map((_, i) => Number(i >= input.length));
      const text = decodeText({ ids, inputMask, targetMask: isTarget.map((x) => 1 - x) }, VOCABULARY);
      expect(text.merged).toBe(VOCABULARY.decode(chunks.flat()));
      expect(text.input).toBe(VOCABULARY.decode(input));
      expect(text.target).toBe(VOCABULARY.decode(target));
    }),
    { numRuns: 50 },
  );
});
