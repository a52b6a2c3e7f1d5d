import * as v from 'valibot';
import { InvalidInputError } from '../../../../src/errors.js';
import { allocateBudgets, targetCaps } from '../../../../src/masking/budgets.js';
import { maskImage } from '../../../../src/masking/image-mask.js';
import { maskSpans, mergeSpans, splitBySentinel } from '../../../../src/masking/span-mask.js';
import { publishedModalities } from '../../../../src/modalities/published.js';
import { expandAttentionMask } from '../../../../src/transformer/attention-mask.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { optionsOf } from '../options.js';

/** Ids of the sentinels [S_0] to [S_199] in the published vocabulary. */
export const SENTINEL_IDS: readonly number[] = Array.from({ length: 200 }, (_, k) => 4 + k);

type DirichletDraws = ['sample' | 'sample_n', number[] | number[][]][];

interface BudgetEntry {
  readonly num_input_tokens: number;
  readonly num_target_tokens: number;
  readonly input_draws: DirichletDraws;
  readonly target_draws: DirichletDraws;
}

/** `mask.budget`: tokens shared among modalities with the recorded draws. */
export function budgets(reference: ConformanceCase, compare: Comparison): void {
  const { modalities, least } = budgetSettings(String(reference.about.what));
  const most = modalities.map(({ maxTokens }) => maxTokens);
  (reference.json() as BudgetEntry[]).forEach((entry, i) => {
    const input = allocateBudgets(entry.num_input_tokens, most, replayed(entry.input_draws), least);
    const room = targetCaps(modalities, input).map((cap, m) => Math.max(cap, least[m]!));
    const target = allocateBudgets(entry.num_target_tokens, room, replayed(entry.target_draws), least);
    const given = ['num_input_tokens', 'num_target_tokens', 'input_draws', 'target_draws', 'dir_idx'];
    compare.entry(`[${i}]`, entry, given, { input_budget: input, target_budget: target });
  });
}

/** The modalities, the most and the fewest tokens of each: the case says them in words alone. */
function budgetSettings(what: string): { modalities: { maxTokens: number; isImage: boolean }[]; least: number[] } {
  const [, order, most, fewest] = /in order ([^;]+); max tokens ([\d,]+); min ([\d,]+)/.exec(what) ?? [];
  if (!order || !most || !fewest)
    throw new InvalidInputError(`the case does not say which modalities share: "${what}"`);
  const [caps, minimums] = [most, fewest].map((list) => list.split(',').filter(Boolean).map(Number)) as [
    number[],
    number[],
  ];
  const names = order.split(',').map((name) => name.trim());
  return {
    modalities: names.map((name, m) => ({ maxTokens: caps[m]!, isImage: isImage(name) })),
    least: names.map((_, m) => minimums[minimums.length > 1 ? m : 0]!),
  };
}

function isImage(name: string): boolean {
  const kind = publishedModalities[name]?.kind;
  return kind === 'pixels' || kind === 'image-tokens';
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

const imageSchema = v.array(
  v.strictObject({
    k: v.number(),
    num_tokens: v.number(),
    input_budget: v.number(),
    target_budget: v.nullable(v.number()),
  }),
);

/** `mask.image`: images masked with the recorded noise. */
export function imageMasks(reference: ConformanceCase, compare: Comparison): void {
  for (const { k, num_tokens, input_budget, target_budget } of optionsOf(imageSchema, reference.about.calls, 'calls')) {
    const noise = reference.floats(`in.img${k}.noise`);
    if (noise.length !== num_tokens) {
      throw new InvalidInputError(`an image of ${num_tokens} tokens has noise for ${noise.length}`);
    }
    const masked = maskImage(noise, input_budget, target_budget);
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
