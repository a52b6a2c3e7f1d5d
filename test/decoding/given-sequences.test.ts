import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sequencesUpToEos, sequenceWithPrompt, spanMaskedSequences } from '../../src/decoding/given-sequences.js';
import { InvalidInputError } from '../../src/errors.js';
import { publishedModalities } from '../../src/modalities/published.js';

const vocabulary = { padId: 0, eosId: 3, sentinelIds: [4, 5, 6] };

test('every sequence is input up to its own [EOS]; officially up to that of the first sample that has one', () => {
  const ids = Int32Array.of(7, 3, 9, 9, 7, 8, 3, 9, 7, 8, 9, 9);
  const ended = sequencesUpToEos(ids, 3, vocabulary);
  expect([...ended.inputMask]).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0]);
  expect([...ended.ids!]).toEqual([...ids]);
  expect(ended.targetMask).not.toContain(0);
  const official = sequencesUpToEos(ids, 3, vocabulary, 'official');
  expect([...official.inputMask]).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]);
});

test('without any [EOS], officially only an [EOS] is left', () => {
  const ids = Int32Array.of(7, 8, 9, 9);
  expect([...sequencesUpToEos(ids, 2, vocabulary).inputMask]).toEqual([0, 0, 0, 0]);
  const official = sequencesUpToEos(ids, 2, vocabulary, 'official');
  expect([...official.ids!]).toEqual([3, 8, 3, 9]);
  expect([...official.inputMask]).toEqual([0, 1, 0, 1]);
  expect([...ids]).toEqual([7, 8, 9, 9]);
});

test('the prompt is input, everything after it target', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 7, max: 99 })), fc.integer({ min: 2, max: 9 }), (prompt, length) => {
      const { ids, inputMask, targetMask } = sequenceWithPrompt(prompt, length, { startId: 5, endId: 3, padId: 0 });
      expect([...ids!.filter((_, i) => inputMask[i] === 0)]).toEqual(prompt);
      const target = [...ids!.filter((_, i) => targetMask[i] === 0)];
      expect(target).toEqual([5, ...new Array<number>(length - 2).fill(0), 3]);
    }),
  );
});

const caption = { ...publishedModalities.caption!, maxTokens: 6 };
const own = (ids: Int32Array, mask: Uint8Array, from: number, to: number) =>
  [...ids.subarray(from, to)].filter((_, i) => mask[from + i] === 0);

test('spans are targets, from [S_1] to the sentinel after the last one; a complete sequence gets its [EOS]', () => {
  const { ids, inputMask, targetMask } = spanMaskedSequences([[7, 5, 8], [5]], caption, vocabulary);
  const length = ids!.length / 2;
  expect(own(ids!, inputMask, 0, length)).toEqual([7, 5, 8, 3]);
  expect(own(ids!, targetMask, 0, length)).toEqual([5, 0, 0, 6]);
  expect(own(ids!, inputMask, length, 2 * length)).toEqual([5]);
  expect(own(ids!, targetMask, length, 2 * length)).toEqual([5, 0, 0, 0, 0, 0, 6]);
});

test('a span of one token is a target', () => {
  const { ids, targetMask } = spanMaskedSequences([[7, 7, 7, 7, 7, 5]], caption, vocabulary);
  expect(own(ids!, targetMask, 0, ids!.length)).toEqual([5, 6]);
});

test('missing, disordered, and too long spans are rejected', () => {
  const refused = (ids: number[]) => expect(() => spanMaskedSequences([ids], caption, vocabulary));
  refused([7, 8]).toThrow(
    "the sentinels of 'caption' must be [S_1], [S_2] and so on up to at most [S_1], each once, not none",
  );
  refused([6, 7]).toThrow(/not \[S_2\]/);
  refused([5, 7, 5]).toThrow(InvalidInputError);
  refused([7, 7, 7, 7, 7, 7, 5]).toThrow("'caption' takes at most 6 tokens, and 6 are given");
});
