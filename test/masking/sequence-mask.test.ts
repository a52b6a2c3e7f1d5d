import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import type { MaskedModality } from '../../src/masking/masked.js';
import {
  type MaskingRandom,
  maskEmbeddings,
  maskSequence,
  textChunks,
  wholeChunks,
} from '../../src/masking/sequence-mask.js';
import { mergeSpans } from '../../src/masking/span-mask.js';
import { Random } from '../../src/random.js';

const vectors = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../spec/vectors/${name}/data.json`, import.meta.url), 'utf8'));

const vocabulary = { padId: 0, eosId: 3, sentinelIds: Array.from({ length: 200 }, (_, k) => 4 + k) };

interface SequenceCase {
  text: string | string[];
  max_tokens: number;
  input_budget: number;
  target_budget: number | null;
  keep_prob_drawn: number;
  rand_draws: number[][];
  sentinel_choice: [n: number, value: number][] | 'n-1';
  tensor: number[];
  input_mask: number[];
  target_mask: number[];
  decoder_attention_mask: number[];
}

type TokenCase = SequenceCase & { fn: string; ids: number[]; vocab_offset: number };
type EmbeddingCase = Omit<SequenceCase, 'tensor' | 'sentinel_choice'> & {
  fn: string;
  emb: number[][];
  tensor: number[][];
};

/** Returns recorded random numbers; throws if they are requested in another way than recorded. */
function replay(
  c: Pick<SequenceCase, 'keep_prob_drawn' | 'rand_draws'> & Partial<Pick<SequenceCase, 'sentinel_choice'>>,
): MaskingRandom {
  const vectors = [...c.rand_draws];
  const choices = [...(c.sentinel_choice === 'n-1' ? [] : (c.sentinel_choice ?? []))];
  return {
    uniform: () => c.keep_prob_drawn,
    uniforms: (n) => {
      const drawn = vectors.shift();
      expect(drawn).toHaveLength(n);
      return Float64Array.from(drawn!);
    },
    integer: (low, high) => {
      if (c.sentinel_choice === 'n-1') return high;
      const [n, value] = choices.shift()!;
      expect([low, high]).toEqual([0, n - 1]);
      return value;
    },
  };
}

function published(
  c: Pick<SequenceCase, 'tensor' | 'input_mask' | 'target_mask' | 'decoder_attention_mask'>,
): MaskedModality {
  return {
    ids: Int32Array.from(c.tensor),
    inputMask: Uint8Array.from(c.input_mask),
    targetMask: Uint8Array.from(c.target_mask),
    decoderAttentionMask: Int32Array.from(c.decoder_attention_mask),
  };
}

/** Token ids of the words of the vectors, so that these tests do without its vocabulary. */
const wordIds: Record<string, number> = {
  a: 4321,
  dog: 4232,
  and: 4933,
  cat: 4224,
  playing: 5335,
  on: 4926,
  the: 4912,
  beach: 5318,
  at: 4974,
  sunset: 6320,
  short: 6198,
  person: 4253,
  traffic: 4276,
  very: 5644,
  long: 5509,
  caption: 10765,
  that: 4998,
  goes: 9495,
  about: 5724,
  nothing: 10794,
  in: 4921,
  particular: 12620,
  but: 5327,
  keeps: 12407,
  adding: 11205,
  words: 5943,
  so: 5277,
};

function encode(text: string): number[] {
  const words = text.replace('traffic light', 'traffic').split(' ');
  return words.slice(0, 20).map((word) => {
    const coordinate = /^v(\d)=(\d+)$/.exec(word);
    return coordinate ? 204 + 1000 * Number(coordinate[1]) + Number(coordinate[2]) : wordIds[word]!;
  });
}

describe('published sequence masks', () => {
  const cases = vectors('mask_sequence') as SequenceCase[];
  test.each(cases.map((c, i) => [i, c] as const))('%i', (_, c) => {
    const chunks =
      typeof c.text === 'string'
        ? textChunks(encode(c.text), c.max_tokens, vocabulary.eosId)
        : wholeChunks(c.text.map(encode), c.max_tokens, vocabulary.eosId);
    const limits = { maxTokens: c.max_tokens, inputBudget: c.input_budget, targetBudget: c.target_budget };
    expect(maskSequence(chunks, limits, vocabulary, replay(c))).toEqual(published(c));
  });
});

describe('published masks of tokens that are not text', () => {
  const cases = (vectors('mask_seqtoken_emb') as TokenCase[]).filter((c) => c.fn === 'sequence_token_mask');
  test.each(cases.map((c, i) => [i, c] as const))('%i', (_, c) => {
    const chunks = c.ids.map((id) => [id + c.vocab_offset]);
    const limits = { maxTokens: c.max_tokens, inputBudget: c.input_budget, targetBudget: c.target_budget };
    expect(maskSequence(chunks, limits, vocabulary, replay(c))).toEqual(published(c));
  });
});

describe('published masks of embedding vectors', () => {
  const cases = (vectors('mask_seqtoken_emb') as EmbeddingCase[]).filter((c) => c.fn === 'sequence_emb_mask_span');
  test.each(cases.map((c, i) => [i, c] as const))('%i', (_, c) => {
    const limits = { maxTokens: c.max_tokens, inputBudget: c.input_budget };
    const { ids, ...masks } = maskEmbeddings(c.emb.length, limits, vocabulary.sentinelIds.length, replay(c));
    expect(Array.from(ids, (row) => c.emb[row] ?? [0, 0])).toEqual(c.tensor);
    const { ids: _ids, ...expected } = published({ ...c, tensor: [] });
    expect(masks).toEqual(expected);
  });
});

const ids = fc.array(fc.integer({ min: 300, max: 999 }), { maxLength: 30 });
const limitsOf = fc.record({
  maxTokens: fc.integer({ min: 1, max: 30 }),
  inputShare: fc.double({ min: 0, max: 1, noNaN: true }),
  targetBudget: fc.oneof(fc.nat(40), fc.constant(null)),
});

test('input and target respect their budgets and never overlap', () => {
  fc.assert(
    fc.property(ids, limitsOf, fc.integer(), (tokens, { maxTokens, inputShare, targetBudget }, seed) => {
      const inputBudget = Math.round(inputShare * maxTokens);
      const limits = { maxTokens, inputBudget, targetBudget };
      const masked = maskSequence(textChunks(tokens, maxTokens, 3), limits, vocabulary, new Random(seed));
      const inputs = masked.inputMask.filter((m) => m === 0).length;
      const targets = masked.targetMask.filter((m) => m === 0).length;
      expect(masked.ids).toHaveLength(2 * (maxTokens + 1));
      expect(inputs).toBeLessThanOrEqual(inputBudget);
      expect(targets).toBeLessThanOrEqual(targetBudget ?? Number.POSITIVE_INFINITY);
      expect(masked.inputMask.every((m, i) => m === 1 || masked.targetMask[i] === 1)).toBe(true);
      expect(masked.decoderAttentionMask).toEqual(Int32Array.from(masked.targetMask, (m) => 1 - m));
    }),
  );
});

test('if the target fits, merging gives the truncated sequence with its [EOS]', () => {
  fc.assert(
    fc.property(ids, fc.integer({ min: 1, max: 30 }), fc.integer(), (tokens, maxTokens, seed) => {
      const limits = { maxTokens, inputBudget: maxTokens, targetBudget: null };
      const masked = maskSequence(textChunks(tokens, maxTokens, 3), limits, vocabulary, new Random(seed));
      const input = masked.ids.filter((_, i) => masked.inputMask[i] === 0);
      const target = masked.ids.filter((_, i) => masked.targetMask[i] === 0);
      expect(mergeSpans(input, target, vocabulary.sentinelIds)).toEqual([...tokens, 3].slice(0, maxTokens));
    }),
  );
});

test('keeping all leaves only the closing sentinel to predict', () => {
  const limits = { maxTokens: 4, inputBudget: 4, targetBudget: 4 };
  const masked = maskSequence(textChunks([300, 301], 4, 3), limits, vocabulary, new Random(0), 'all');
  expect(Array.from(masked.ids)).toEqual([300, 301, 3, 0, 5, 0, 0, 0, 0, 0]);
});

test('`binary` keeps all tokens or none', () => {
  const limits = { maxTokens: 4, inputBudget: 4, targetBudget: null };
  const random = new Random(0);
  const inputs = Array.from({ length: 50 }, () => {
    const masked = maskSequence(textChunks([300, 301], 4, 3), limits, vocabulary, random, 'binary');
    return masked.ids.filter((_, i) => masked.inputMask[i] === 0).join();
  });
  expect(new Set(inputs)).toEqual(new Set(['300,301,3', '5']));
});

test('a sequence that does not fit its array is an error', () => {
  const chunks = Array.from({ length: 9 }, (_, i) => [300 + i]);
  const limits = { maxTokens: 3, inputBudget: 0, targetBudget: null };
  expect(() => maskSequence(chunks, limits, vocabulary, new Random(0))).toThrow(InvalidInputError);
});
