import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ModelPackage, parseModelPackage } from '../../src/api/types/package.js';
import { CheckpointError } from '../../src/errors.js';
import { trainWordPiece } from '../../src/tokenizers/text/train-word-piece.js';
import { loadWordPiece, type WordPiece } from '../../src/tokenizers/text/word-piece.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM } from '../../src/transformer/model.js';
import { fuzzing, outcomeOf } from './fuzzing.js';
import { changedTrees, jsonText } from './json-trees.js';

const TEXTS = ['a big red ball in front of a blue box', 'naïve, ##x v0=1 [S_1]\u0301 中 traffic light'];

describe('tokenizer.json', () => {
  const whole = trainWordPiece(TEXTS, { vocabSize: 80, sentinels: 2, coordinateBins: 2, classNames: ['ball', 'box'] });

  /** Every id is of one token and back, and texts become ids of the vocabulary. */
  function check(wordPiece: WordPiece): void {
    const tokens = Array.from({ length: wordPiece.vocabSize }, (_, id) => wordPiece.idToToken(id));
    expect(tokens.map((token) => wordPiece.tokenToId(token))).toEqual(tokens.map((_, id) => id));
    for (const text of [...TEXTS, tokens.slice(0, 50).join(' ')]) {
      const ids = wordPiece.encode(text);
      expect(ids.filter((id) => !(id in tokens))).toEqual([]);
      expect(wordPiece.decode(ids)).toBeTypeOf('string');
    }
    expect(JSON.stringify(loadWordPiece(wordPiece.toJSON()))).toBe(JSON.stringify(wordPiece));
  }

  test('is read, or refused', () => {
    let accepted = 0;
    fc.assert(
      fc.property(changedTrees(whole).map(jsonText), (json) => {
        const outcome = outcomeOf(json.length, () => loadWordPiece(JSON.parse(json)));
        if ('value' in outcome) {
          accepted++;
          check(outcome.value);
        }
      }),
      fuzzing(),
    );
    expect(accepted).toBeGreaterThan(0);
  });

  const [token] = whole.added_tokens;
  test.each([
    [
      'a token that is nothing once it is normalised',
      { ...token!, content: '\u0301', normalized: true, id: 80 },
      undefined,
    ],
    ['one token with two ids', { ...token!, id: 80 }, /'\[PAD\]' has two ids/],
    ['an id far away', { ...token!, content: 'far', id: 2 ** 31 }, /has id 2147483648/],
  ])('%s', (_, added, refusal) => {
    const size = Object.keys(whole.model.vocab).length;
    const json = {
      ...whole,
      added_tokens: [...whole.added_tokens, { ...added, id: added.id === 80 ? size : added.id }],
    };
    if (refusal) expect(() => loadWordPiece(json)).toThrow(refusal);
    else check(loadWordPiece(json));
  });
});

describe('fourm.json', () => {
  const image = { inputSize: [64, 64], patchSize: [8, 8], maxTokens: 64 };
  const decoding = { method: 'roar', steps: 8, temperature: 1, topP: 0.9, topK: 5, guidanceScale: 2 };
  const whole = {
    format: 1,
    name: 'tiny',
    model: 'model.safetensors',
    text: 'text.json',
    infos: [
      { name: 'rgb@64', id: 1, kind: 'pixels', channels: 3, ...image },
      { name: 'tok_depth@64', id: 2, kind: 'image-tokens', vocabSize: 512, learnedPositions: true, ...image },
      { name: 'tok_semseg@64', id: 3, kind: 'image-tokens', vocabSize: 64, ...image },
      { name: 'caption', id: 4, kind: 'sequence', vocabSize: 451, maxTokens: 48, maxLength: 50 },
      { name: 't5_caption', id: 5, kind: 'sequence-embedding', maxTokens: 77, embeddingDim: 16 },
    ],
    modalities: {
      depth: {
        kind: 'image',
        values: { kind: 'depth', near: 1, far: 9 },
        pixels: 'rgb@64',
        tokens: 'tok_depth@64',
        tokenizer: 'tokenizers/depth.safetensors',
        decoding,
      },
      semseg: {
        kind: 'image',
        values: { kind: 'classes', names: ['sky'], palette: [[0, 0, 255]] },
        tokens: 'tok_semseg@64',
        tokenizer: 'semseg.safetensors',
        decoding,
      },
      caption: { kind: 'text', tokens: 'caption', decoding: { method: 'autoregressive', temperature: 0 } },
      det: { kind: 'detections', tokens: 'caption', classes: ['ball'], bins: 64, decoding },
    },
  };

  /** An accepted package builds a transformer, or one of its modalities is refused; and it names no file outside of its folder. */
  function check(about: ModelPackage): void {
    const names = about.infos.map(({ name }) => name);
    const predicted = about.infos
      .filter(({ kind }) => kind === 'image-tokens' || kind === 'sequence')
      .map(({ name }) => name);
    const infos = Object.fromEntries(about.infos.map((info) => [info.name, info]));
    outcomeOf(2 ** 20, () => {
      const config = parseFourMConfig({ domains_in: names, domains_out: predicted, dim: 8, num_heads: 2 });
      return buildFourM(config, infos);
    });
    const folder = 'https://example.com/models/tiny/';
    const others = Object.values(about.modalities).flatMap((modality) => [
      'tokenizer' in modality ? modality.tokenizer : undefined,
      'network' in modality ? modality.network : undefined,
    ]);
    for (const file of [about.model, about.text, ...others]) {
      if (file === undefined) continue;
      expect(new URL(file, folder).href.startsWith(folder)).toBe(true);
    }
    for (const modality of Object.values(about.modalities)) {
      expect(names).toContain(modality.tokens);
      if (modality.kind !== 'embeddings') expect(Number.isFinite(modality.decoding.temperature)).toBe(true);
    }
  }

  test('is read, or refused with the file and the key', () => {
    let accepted = 0;
    fc.assert(
      fc.property(changedTrees(whole).map(jsonText), (json) => {
        const outcome = outcomeOf(json.length, () => parseModelPackage(json, 'x/fourm.json'));
        if ('refusal' in outcome) {
          expect(outcome.refusal).toBeInstanceOf(CheckpointError);
          expect(outcome.refusal.message).toMatch(/^x\/fourm\.json, "|is not JSON$/);
        } else {
          accepted++;
          check(outcome.value);
        }
      }),
      fuzzing(),
    );
    expect(accepted).toBeGreaterThan(0);
  });

  test('damaged text is read, or refused', () => {
    const text = JSON.stringify(whole);
    const damages = fc.array(fc.tuple(fc.nat(text.length), fc.nat(3), fc.string({ unit: 'binary', maxLength: 3 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(damages, (list) => {
        const damaged = list.reduce((t, [at, removed, added]) => t.slice(0, at) + added + t.slice(at + removed), text);
        const outcome = outcomeOf(damaged.length, () => parseModelPackage(damaged, 'fourm.json'));
        if ('value' in outcome) check(outcome.value);
      }),
      fuzzing(),
    );
  });

  test.each([
    ['infos.0', { infos: [{ name: 'rgb@64', id: 1, kind: 'pixels', maxTokens: 64 }] }],
    ['infos', { infos: [whole.infos[3], whole.infos[3]] }],
    ['model', { model: 'https://example.com/x' }],
    ['text', { text: '../../etc/passwd' }],
    ['model', { model: '/etc/passwd' }],
    ['among the infos', { infos: whole.infos.slice(3) }],
  ])('is refused, naming "%s": %j', (named, change) => {
    const json = JSON.stringify({ ...whole, ...change });
    expect(() => parseModelPackage(json, 'fourm.json')).toThrow(CheckpointError);
    expect(() => parseModelPackage(json, 'fourm.json')).toThrow(named);
  });
});
