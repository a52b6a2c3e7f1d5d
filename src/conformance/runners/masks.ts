import { shareTokens, targetCaps } from '../../masking/budgets.js';
import { maskImage } from '../../masking/image-mask.js';
import { maskSpans, mergeSpans, splitBySentinel } from '../../masking/span-mask.js';
import { expandAttentionMask } from '../../transformer/attention-mask.js';
import type { ConformanceCase } from '../case.js';
import type { Comparison } from '../comparison.js';

/** Ids of the sentinels [S_0] to [S_199] in the published vocabulary. */
export const SENTINEL_IDS: readonly number[] = Array.from({ length: 200 }, (_, k) => 4 + k);

type DirichletDraws = ['sample' | 'sample_n', number[] | number[][]][];

interface BudgetEntry {
  readonly num_input_tokens: number;
  readonly num_target_tokens: number;
  readonly input_draws: DirichletDraws;
  readonly target_draws: DirichletDraws;
}

/** `mask.budget`: tokens shared among four modalities, the third of which is text, with the recorded draws. */
export function budgets(reference: ConformanceCase, compare: Comparison): void {
  const modalities = [196, 196, 20, 196].map((maxTokens, m) => ({ maxTokens, isImage: m !== 2 }));
  (reference.json() as BudgetEntry[]).forEach((entry, i) => {
    const most = modalities.map(({ maxTokens }) => maxTokens);
    const input = shareTokens(entry.num_input_tokens, most, replayed(entry.input_draws));
    const target = shareTokens(entry.num_target_tokens, targetCaps(modalities, input), replayed(entry.target_draws));
    const given = ['num_input_tokens', 'num_target_tokens', 'input_draws', 'target_draws', 'dir_idx'];
    compare.entry(`[${i}]`, entry, given, { input_budget: input, target_budget: target });
  });
}

function replayed(draws: DirichletDraws): () => number[] {
  const vectors = draws.flatMap(([call, values]) =>
    call === 'sample' ? [values as number[]] : (values as number[][]),
  );
  return () => vectors.shift()!;
}

/** `mask.decoder_attention`: the compressed mask as a whole one. */
export function decoderAttention(reference: ConformanceCase, compare: Comparison): void {
  for (const name of reference.data.tensors.keys()) {
    const [, index, causal, separate] = /^out\.(\d+)\.causal(\d)_sep(\d)$/.exec(name) ?? [];
    if (index === undefined) continue;
    const [size, count] = reference.shape(name) as [number, number];
    const compressed = reference.ints(`in.${index}.decoder_attention_mask`);
    const ids = reference.ints(`in.${index}.mod_mask`);
    const flags = { causal: causal === '1', separate: separate === '1' };
    compare.tensor(name, expandAttentionMask(compressed, ids, [size, count], flags));
  }
}

/** `mask.image`: images masked with the recorded noise. */
export function imageMasks(reference: ConformanceCase, compare: Comparison): void {
  const calls = reference.about.calls as { k: number; input_budget: number; target_budget: number | null }[];
  for (const { k, input_budget, target_budget } of calls) {
    const masked = maskImage(reference.floats(`in.img${k}.noise`), input_budget, target_budget);
    compare.tensor(`out.img${k}.input_mask`, masked.inputMask);
    compare.tensor(`out.img${k}.target_mask`, masked.targetMask);
    compare.tensor(`out.img${k}.decoder_attention_mask`, masked.decoderAttentionMask);
  }
}

interface SpanEntry {
  readonly sequence?: number[];
  readonly chunks?: number[][];
  readonly rand: number[];
  readonly keep_prob: number;
}

/** `mask.span`: sequences masked in spans with recorded numbers, and put together again. */
export function spans(reference: ConformanceCase, compare: Comparison): void {
  (reference.json() as SpanEntry[]).forEach((entry, i) => {
    const chunks = entry.chunks ?? entry.sequence!.map((token) => [token]);
    const { input, target } = maskSpans(chunks, entry.rand, entry.keep_prob, SENTINEL_IDS);
    const results = { input, target, merged_back: mergeSpans(input, target, SENTINEL_IDS) };
    compare.entry(`[${i}]`, entry, ['fn', 'sequence', 'chunks', 'rand', 'keep_prob'], results);
  });
}

/** `mask.merge`: two halves of any lists put together, and a list taken apart. */
export function merges(reference: ConformanceCase, compare: Comparison): void {
  (reference.json() as { input: number[]; decoder: number[] }[]).forEach((entry, i) => {
    const parts = [...splitBySentinel(entry.decoder, new Set(SENTINEL_IDS))];
    const results = {
      merged: mergeSpans(entry.input, entry.decoder, SENTINEL_IDS),
      splits: Object.fromEntries(parts.map(([sentinel, run]) => [sentinel ?? 'None', run])),
    };
    compare.entry(`[${i}]`, entry, ['input', 'decoder'], results);
  });
}
