import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import type { TokenizerJson } from '../../../src/tokenizers/text/tokenizer-json.js';
import { trainWordPiece } from '../../../src/tokenizers/text/train-word-piece.js';
import { loadWordPiece } from '../../../src/tokenizers/text/word-piece.js';
import { describeUnless } from '../../cannot-run.js';
import { officialVocabulary, WHERE_TO_GET_IT } from './official-vocabulary.js';

const vectors = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../spec/vectors/${name}/data.json`, import.meta.url), 'utf8'));

const official = officialVocabulary();

const smallJson = trainWordPiece(
  ['a big red ball in front of a small blue box', 'two cones, a shiny ring and a café; boxes behind the traffic light'],
  { vocabSize: 400, sentinels: 10, coordinateBins: 16, classNames: ['ball', 'box', 'traffic light'] },
);
const small = loadWordPiece(smallJson);
const words = (text: string, wordPiece = small) => wordPiece.encode(text).map((id) => wordPiece.idToToken(id));

describeUnless(official ? undefined : WHERE_TO_GET_IT, 'the official vocabulary', () => {
  const wordPiece = loadWordPiece(official ?? smallJson);

  test('encodes and decodes as published', () => {
    for (const c of vectors('text_encode')) {
      expect({ text: c.text, ids: wordPiece.encode(c.text) }).toEqual({ text: c.text, ids: c.ids });
      expect(c.ids.map((id: number) => wordPiece.idToToken(id))).toEqual(c.tokens);
      expect(wordPiece.decode(c.ids)).toBe(c.decoded_keep_special);
      expect(wordPiece.decode(c.ids, { skipSpecial: true })).toBe(c.decoded_skip_special);
    }
  });

  test('decodes any ids as published', () => {
    for (const { ids, keep, skip } of vectors('text_decode')) {
      expect(wordPiece.decode(ids)).toBe(keep);
      expect(wordPiece.decode(ids, { skipSpecial: true })).toBe(skip);
    }
  });

  test('has the published special tokens', () => {
    const published = vectors('text_special_ids');
    expect(wordPiece).toMatchObject({
      vocabSize: published.vocab_size,
      padId: published.pad,
      unkId: published.unk,
      sosId: published.sos,
      eosId: published.eos,
      sentinelIds: Object.values(published.sentinel_number_to_id),
    });
    for (const map of [published.object_class_tokens, published.words]) {
      for (const [token, id] of Object.entries(map)) expect([token, wordPiece.tokenToId(token)]).toEqual([token, id]);
    }
  });

  test('decodes and encodes every token that can be written in a text', () => {
    for (let id = 0; id < wordPiece.vocabSize; id++) {
      const token = wordPiece.idToToken(id);
      if (!token.startsWith('##')) expect(wordPiece.encode(token)).toEqual([id]);
    }
  });
});

test.each([
  ['A Big RED ball!', ['a', 'big', 'red', 'ball', '[UNK]']],
  ['café Ｃafé', ['cafe', '[UNK]']],
  ['[SOS]a[EOS][PAD]', ['[SOS]', 'a', '[EOS]', '[PAD]']],
  ['[S_1] box v0=3 v3=15 Traffic Light', ['[S_1]', 'box', 'v0=3', 'v3=15', 'traffic light']],
  ['two,cones', ['two', ',', 'cones']],
  ['', []],
  [' \t\n', []],
])('%j is %j', (text, expected) => {
  expect(words(text)).toEqual(expected);
});

test('coordinates, sentinels and class names count only as whole words', () => {
  for (const text of ['v0=16', 'av0=3', 'V0=3', '[s_1]', 'x[S_1]', 'footballs', 'traffic  light']) {
    const special = small.encode(text).filter((id) => id < 10 + 4 + 64 + 3 && id !== small.unkId);
    expect({ text, special }).toEqual({ text, special: [] });
  }
});

test('a word that is too long is unknown', () => {
  expect(small.encode('a'.repeat(101))).toEqual([small.unkId]);
  expect(small.encode('a'.repeat(100))).not.toContain(small.unkId);
});

test('texts of known words survive encoding and decoding', () => {
  const known = ['a', 'big', 'red', 'ball', 'box', 'cones', 'traffic light', 'v0=3', 'v2=15', '[S_4]', '[EOS]'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...known), { maxLength: 30 }), (list) => {
      const text = list.join(' ');
      expect(small.decode(small.encode(text))).toBe(text);
    }),
  );
});

test('encoding a decoded text gives the same ids', () => {
  const once = (text: string) => small.decode(small.encode(text));
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abdelox ,.[]_=v01S#\u0301É中') }), (text) => {
      const ids = small.encode(text);
      if (!ids.includes(small.unkId)) expect(small.encode(once(text))).toEqual(ids);
    }),
  );
});

test('no text is too strange to encode, and all ids are in the vocabulary', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff)), (units) => {
      const text = String.fromCharCode(...units);
      for (const id of small.encode(text)) expect(small.idToToken(id)).toBeTypeOf('string');
    }),
  );
});

test('decoding and encoding again gives the same ids, except for unknown words', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('', ' ball', 'v0=3', '##ox', '[S_1]'),
      (text, known) => {
        const ids = small.encode(known + text + known);
        if (!ids.includes(small.unkId)) expect(small.encode(small.decode(ids))).toEqual(ids);
      },
    ),
    { numRuns: 1000 },
  );
});

test('the time for a long text is proportional to its length', () => {
  expect(small.encode('v0=3 '.repeat(200_000))).toHaveLength(200_000);
});

test('decoding leaves special tokens out on request', () => {
  const ids = small.encode('[SOS] a red ball v0=3 [EOS]');
  expect(small.decode(ids, { skipSpecial: true })).toBe('a red');
  expect(small.decode(ids)).toBe('[SOS] a red ball v0=3 [EOS]');
});

test('added tokens that are not special stay', () => {
  const added_tokens = smallJson.added_tokens.map((token) => ({ ...token, special: token.content !== 'v0=3' }));
  const some = loadWordPiece({ ...smallJson, added_tokens });
  expect(some.decode(some.encode('[SOS] a v0=3 v0=4'), { skipSpecial: true })).toBe('a v0=3');
});

test.each([-1, small.vocabSize, 1.5])('the id %d is not in the vocabulary', (id) => {
  expect(() => small.decode([id])).toThrow(InvalidInputError);
});

test('a word such as constructor may be in the vocabulary', () => {
  const trained = loadWordPiece(
    trainWordPiece(['constructor __proto__ constructor'], {
      vocabSize: 100,
      sentinels: 1,
      coordinateBins: 1,
      classNames: [],
    }),
  );
  expect(words('constructor proto', trained)).toEqual(['constructor', 'proto']);
});

const changed = (change: Partial<TokenizerJson>) => ({ ...smallJson, ...change });
const vocab = smallJson.model.vocab;
test.each<[string, unknown]>([
  ['not a WordPiece tokenizer.json: the file is "text", expected Object', 'text'],
  ['not a WordPiece tokenizer.json: model is undefined, expected Object', { ...smallJson, model: undefined }],
  [
    'not a WordPiece tokenizer.json: model.type is "BPE", expected "WordPiece"',
    { ...smallJson, model: { ...smallJson.model, type: 'BPE' } },
  ],
  [
    "the tokens '[PAD]' and 'again' have the same id 0",
    changed({ model: { ...smallJson.model, vocab: { ...vocab, again: 0 } } }),
  ],
  [
    `the token 'far' has id 9999, but there are ${small.vocabSize + 1} tokens`,
    changed({ model: { ...smallJson.model, vocab: { ...vocab, far: 9999 } } }),
  ],
  ['the tokenizer has no token [PAD]', renamed('[PAD]', '[EMPTY]')],
])('%s', (message, json) => {
  expect(() => loadWordPiece(json)).toThrow(new InvalidInputError(message));
});

function renamed(from: string, to: string): TokenizerJson {
  return JSON.parse(JSON.stringify(smallJson).replaceAll(from, to));
}

test.each(['vocab', 'added_tokens'])(
  'a vocabulary ten times as large as the published one is refused at once: %s',
  (where) => {
    const many = Object.fromEntries(Array.from({ length: 300_001 }, (_, i) => [`w${i}`, i]));
    const json = { ...smallJson, model: { ...smallJson.model } };
    if (where === 'vocab') json.model.vocab = many;
    else Object.assign(json, { added_tokens: Object.keys(many) });
    expect(() => loadWordPiece(json)).toThrow(
      new InvalidInputError('a vocabulary of 300001 tokens; the largest that is read has 300000'),
    );
  },
);
