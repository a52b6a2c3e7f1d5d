import fc from 'fast-check';
import { expect, test } from 'vitest';
import { continuedSequence, endedSequences } from '../../src/decoding/given-sequences.js';

const vocabulary = { padId: 0, eosId: 3, sentinelIds: [4, 5, 6] };

test('every sequence is input up to its own [EOS]; officially up to the first one of any', () => {
  const ids = Int32Array.of(7, 3, 9, 9, 7, 8, 3, 9, 7, 8, 9, 9);
  const ended = endedSequences(ids, 3, vocabulary);
  expect([...ended.inputMask]).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0]);
  expect([...ended.ids!]).toEqual([...ids]);
  expect(ended.targetMask).not.toContain(0);
  const official = endedSequences(ids, 3, vocabulary, 'official');
  expect([...official.inputMask]).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]);
});

test('without any [EOS], officially nothing is left but an [EOS]', () => {
  const ids = Int32Array.of(7, 8, 9, 9);
  expect([...endedSequences(ids, 2, vocabulary).inputMask]).toEqual([0, 0, 0, 0]);
  const official = endedSequences(ids, 2, vocabulary, 'official');
  expect([...official.ids!]).toEqual([3, 8, 3, 9]);
  expect([...official.inputMask]).toEqual([0, 1, 0, 1]);
  expect([...ids]).toEqual([7, 8, 9, 9]);
});

test('what is given is input, and all behind it is target', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 7, max: 99 })), fc.integer({ min: 2, max: 9 }), (prompt, length) => {
      const { ids, inputMask, targetMask } = continuedSequence(prompt, length, { startId: 5, endId: 3, padId: 0 });
      expect([...ids!.filter((_, i) => inputMask[i] === 0)]).toEqual(prompt);
      const target = [...ids!.filter((_, i) => targetMask[i] === 0)];
      expect(target).toEqual([5, ...new Array<number>(length - 2).fill(0), 3]);
    }),
  );
});
