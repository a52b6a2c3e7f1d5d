import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import { trainWordPiece } from '../../../src/tokenizers/text/train-word-piece.js';
import { loadWordPiece } from '../../../src/tokenizers/text/word-piece.js';

const toybox = { vocabSize: 1000, sentinels: 40, coordinateBins: 64, classNames: ['ball', 'box', 'cone'] };
const captions = ['a big red ball in front of a small blue box', 'a small cone behind a red ball', 'two boxes'];

test('ids are in the official order', () => {
  const wordPiece = loadWordPiece(trainWordPiece(captions, toybox));
  expect(wordPiece).toMatchObject({ padId: 0, unkId: 1, sosId: 2, eosId: 3 });
  expect(wordPiece.sentinelIds).toEqual(Array.from({ length: 40 }, (_, k) => 4 + k));
  const tokens = Array.from({ length: wordPiece.vocabSize }, (_, id) => wordPiece.idToToken(id));
  expect(tokens.slice(44, 47)).toEqual(['v0=0', 'v0=1', 'v0=2']);
  expect(tokens.slice(299, 304)).toEqual(['v3=63', 'ball', 'box', 'cone', 'a']);
  expect(tokens.filter((token) => token.length === 1)).toEqual([...'abdefghilmnorstuwx']);
});

test('in a large enough vocabulary every word is one piece', () => {
  const wordPiece = loadWordPiece(trainWordPiece(captions, toybox));
  expect(wordPiece.vocabSize).toBeLessThan(toybox.vocabSize);
  for (const word of captions.join(' ').split(' ')) expect(wordPiece.encode(word)).toHaveLength(1);
});

test('the most frequent pair is merged first', () => {
  const added = { sentinels: 0, coordinateBins: 0, classNames: [] };
  const texts = [
    'hug hug hug hug hug hug hug hug hug hug',
    'pug pug pug pug pug',
    'pun pun pun pun',
    'bun',
    'hugs hugs',
  ];
  const vocab = trainWordPiece(texts, { ...added, vocabSize: 4 + 7 + 5 + 3 }).model.vocab;
  // After ##ug and hug, pug and ##un are equally frequent, and p has the lower id.
  const alphabet = ['b', 'g', 'h', 'n', 'p', 's', 'u', '##u', '##n', '##g', '##s'];
  expect(Object.keys(vocab).slice(4)).toEqual([...alphabet, '##ug', 'hug', 'pug', '##un']);
});

test('the order of the texts does not matter', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(captions, { minLength: captions.length }), (shuffled) => {
      expect(trainWordPiece(shuffled, toybox)).toEqual(trainWordPiece(captions, toybox));
    }),
    { numRuns: 10 },
  );
});

test('the vocabulary keeps its size, and spells every training text', () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom(...'abc d,é') }), { maxLength: 20 });
  const added = { sentinels: 2, coordinateBins: 2, classNames: ['ab'] };
  fc.assert(
    fc.property(texts, fc.integer({ min: 40, max: 80 }), (list, vocabSize) => {
      const wordPiece = loadWordPiece(trainWordPiece(list, { ...added, vocabSize }));
      expect(wordPiece.vocabSize).toBeLessThanOrEqual(vocabSize);
      for (const text of list) expect(wordPiece.encode(text)).not.toContain(wordPiece.unkId);
    }),
  );
});

test('a vocabulary too small for its characters is an error', () => {
  expect(() => trainWordPiece(captions, { ...toybox, vocabSize: 310 })).toThrow(InvalidInputError);
});
