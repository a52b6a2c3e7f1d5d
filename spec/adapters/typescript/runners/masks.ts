import * as v from 'valibot';
import { InvalidInputError } from '../../../../src/errors.js';
import { allocateBudgets, targetCaps } from '../../../../src/masking/budgets.js';
import { maskImage } from '../../../../src/masking/image-mask.js';
import { maskSpans, mergeSpans, splitBySentinel } from '../../../../src/masking/span-mask.js';
import { publishedModalities } from '../../../../src/modalities/published.js';
import { expandAttentionMask } from '../../../../src/transformer/attention-mask.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

/** Ids of the sentinels [S_0] to [S_199] in the published vocabulary. */
export const SENTINEL_IDS: readonly number[] = Array.from({ length: 200 }, (_, k) => 4 + k);

type DirichletDraws = ['sample' | 'sample_n', number[] | number[][]][];

interface BudgetEntry {
  readonly num_input_tokens: number;
  readonly num_target_tokens: number;
  readonly input_draws: DirichletDraws;
  readonly target_draws: DirichletDraws;
}

const sharesSchema = v.array(v.strictObject({ modality: v.string(), min_tokens: v.number(), max_tokens: v.number() }));

/** `mask.budget`: token budgets of the modalities, with the recorded draws. */
export function budgets(task: Inputs, out: Outputs): void {
  const shares = optionsOf(sharesSchema, task.options.modalities, 'modalities');
  const modalities = shares.map(({ modality, max_tokens }) => ({ maxTokens: max_tokens, isImage: isImage(modality) }));
  const least = shares.map(({ min_tokens }) => min_tokens);
  const maxTokens = shares.map(({ max_tokens }) => max_tokens);
  (task.json() as BudgetEntry[]).forEach((entry, i) => {
    const input = allocateBudgets(entry.num_input_tokens, maxTokens, replayed(entry.input_draws), least);
    const caps = targetCaps(modalities, input).map((cap, m) => Math.max(cap, least[m]!));
    const target = allocateBudgets(entry.num_target_tokens, caps, replayed(entry.target_draws), least);
    out.value(`/${i}`, { input_budget: input, target_budget: target });
  });
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

const expansionsSchema = v.array(
  v.strictObject({
    result: v.string(),
    mask: v.string(),
    modalities: v.string(),
    causal: v.boolean(),
    separate: v.boolean(),
  }),
);

/** `mask.decoder_attention`: the expanded decoder attention mask. */
export function decoderAttention(task: Inputs, out: Outputs): void {
  for (const call of optionsOf(expansionsSchema, task.options.expansions, 'expansions')) {
    const { result, mask, modalities, ...flags } = call;
    const [size, count] = task.shape(mask) as [number, number];
    const expanded = expandAttentionMask(task.ints(mask), task.ints(modalities), [size, count], flags);
    out.tensor(result, expanded, [size, count, count]);
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
export function imageMasks(task: Inputs, out: Outputs): void {
  for (const { k, num_tokens, input_budget, target_budget } of optionsOf(imageSchema, task.options.calls, 'calls')) {
    const noise = task.floats(`in.img${k}.noise`);
    if (noise.length !== num_tokens) {
      throw new InvalidInputError(`an image of ${num_tokens} tokens has noise for ${noise.length}`);
    }
    const masked = maskImage(noise, input_budget, target_budget);
    out.tensor(`out.img${k}.input_mask`, masked.inputMask, [num_tokens]);
    out.tensor(`out.img${k}.target_mask`, masked.targetMask, [num_tokens]);
    out.tensor(`out.img${k}.decoder_attention_mask`, masked.decoderAttentionMask, [num_tokens]);
  }
}

interface SpanEntry {
  readonly sequence?: number[];
  readonly chunks?: number[][];
  readonly rand: number[];
  readonly keep_prob: number;
}

/** `mask.span`: span masking with recorded random numbers, and merging. */
export function spans(task: Inputs, out: Outputs): void {
  (task.json() as SpanEntry[]).forEach((entry, i) => {
    const chunks = entry.chunks ?? entry.sequence!.map((token) => [token]);
    out.attempt(`/${i}`, () => {
      const { input, target } = maskSpans(chunks, entry.rand, entry.keep_prob, SENTINEL_IDS);
      return { input, target, merged_back: mergeSpans(input, target, SENTINEL_IDS) };
    });
  });
}

/** `mask.merge`: merging and splitting of any lists of spans. */
export function merges(task: Inputs, out: Outputs): void {
  (task.json() as { input: number[]; decoder: number[] }[]).forEach((entry, i) => {
    const parts = [...splitBySentinel(entry.decoder, new Set(SENTINEL_IDS))];
    out.value(`/${i}`, {
      merged: mergeSpans(entry.input, entry.decoder, SENTINEL_IDS),
      splits: Object.fromEntries(parts.map(([sentinel, run]) => [sentinel ?? 'None', run])),
    });
  });
}
