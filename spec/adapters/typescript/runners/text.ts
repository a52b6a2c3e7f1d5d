import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import type { RunnerContext } from '../../../harness/runner.js';
import { publishedTokenizer } from './vocabulary.js';

/** `text.encode`: texts to ids, and those back to texts. */
export function textEncode(reference: ConformanceCase, compare: Comparison, context: RunnerContext): void {
  const tokenizer = publishedTokenizer(context);
  (reference.json() as { text: string; ids: number[] }[]).forEach((entry, i) => {
    compare.entry(`[${i}]`, entry, ['text'], {
      ids: tokenizer.encode(entry.text),
      tokens: entry.ids.map((id) => tokenizer.idToToken(id)),
      decoded_keep_special: tokenizer.decode(entry.ids),
      decoded_skip_special: tokenizer.decode(entry.ids, { skipSpecial: true }),
    });
  });
}

/** `text.decode`: any ids to texts. */
export function textDecode(reference: ConformanceCase, compare: Comparison, context: RunnerContext): void {
  const tokenizer = publishedTokenizer(context);
  (reference.json() as { ids: number[] }[]).forEach((entry, i) => {
    const results = { keep: tokenizer.decode(entry.ids), skip: tokenizer.decode(entry.ids, { skipSpecial: true }) };
    compare.entry(`[${i}]`, entry, ['ids'], results);
  });
}

interface SpecialIds {
  readonly sentinel_number_to_id: Record<string, number>;
  readonly coordinate_tokens: Record<string, { first_id: number; last_id: number }>;
  readonly object_class_tokens: Record<string, number>;
  readonly words: Record<string, number>;
}

/** `text.special_ids`: the ids of special tokens, of classes, and of some words. */
export function specialIds(reference: ConformanceCase, compare: Comparison, context: RunnerContext): void {
  const tokenizer = publishedTokenizer(context);
  const expected = reference.json() as SpecialIds;
  const idsOf = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, tokenizer.tokenToId(name)]));
  const coordinates = Object.entries(expected.coordinate_tokens).map(([axis, { first_id, last_id }]) => {
    const ids = Array.from({ length: last_id - first_id + 1 }, (_, i) => tokenizer.tokenToId(`${axis}=${i}`));
    const contiguous = ids.every((id, i) => id === ids[0]! + i);
    return [axis, { first_id: ids[0], last_id: ids.at(-1), contiguous }];
  });
  // How added tokens are matched is said in words, and in the vocabulary file itself.
  compare.entry('ids', expected, ['added_token_flags'], {
    n_added_tokens: tokenizer.toJSON().added_tokens.length,
    vocab_size: tokenizer.vocabSize,
    pad: tokenizer.padId,
    unk: tokenizer.unkId,
    sos: tokenizer.sosId,
    eos: tokenizer.eosId,
    sentinel_number_to_id: Object.fromEntries(tokenizer.sentinelIds.map((id, k) => [String(k), id])),
    coordinate_tokens: Object.fromEntries(coordinates),
    object_class_tokens: idsOf(Object.keys(expected.object_class_tokens)),
    words: idsOf(Object.keys(expected.words)),
  });
}
