import type { FlagName } from '../../harness/convert/flags.js';
import { vocabularyOf } from './vocabulary.js';
import { type OwnVector, rejected } from './write.js';

/** Masks at their limits. */
export function masking(): Record<string, OwnVector> {
  return {
    span_limits: spanLimits(),
    span_count: spanCount(),
    sequence_limits: sequenceLimits(),
    sequence_no_input: noInput(),
  };
}

/** Draws that equal the keep probability in single precision, or are next to it. */
function spanLimits(): OwnVector {
  const data = [0.3, 0.1, 0.7, 1, 0].map((keep) => {
    const limit = Math.fround(keep);
    const next = Math.fround(limit * (1 + 2 ** -23) + 2 ** -149);
    const sequence = [300, 301, 302, 303, 304, 305];
    const rand = [limit, next, next, limit, 0, next].map((draw) => Math.min(draw, 1));
    const input: number[] = [];
    const target: number[] = [];
    let runs = 0;
    rand.forEach((_, i) => {
      const isMasked = (k: number) => rand[k] !== undefined && rand[k]! > limit;
      if (isMasked(i) && !isMasked(i - 1)) {
        runs++;
        input.push(4 + runs);
        target.push(4 + runs);
      }
      (isMasked(i) ? target : input).push(sequence[i]!);
    });
    target.push(4 + runs + 1);
    return { fn: 'simple', sequence, rand, keep_prob: keep, input, target, merged_back: sequence };
  });
  return {
    kind: 'mask.span',
    description: 'draws that equal the keep probability in single precision, and the next larger ones',
    tier: 'core',
    options: {},
    data,
    expected: { values: ['input', 'target', 'merged_back'].map((field) => ({ results: `/*/${field}` })) },
    checks: spanChecks('keep-strict'),
  };
}

const spanChecks = (flag: FlagName): OwnVector['checks'] => [
  { results: ['*/input', '*/target'], requirements: ['MSK-6'], flags: [flag] },
  { results: ['*/merged_back'], requirements: ['MSK-17'], flags: ['merge-sentinels'] },
];

/** As many spans as there are sentinels for, and one more. */
function spanCount(): OwnVector {
  const data = [198, 199].map((count) => {
    const sequence = Array.from({ length: 2 * count }, (_, i) => 300 + i);
    const spans = Array.from({ length: count }, (_, k) => 5 + k);
    return {
      ...{ fn: 'simple', sequence, rand: sequence.map((_, i) => (i % 2 === 0 ? 1 : 0)), keep_prob: 0.5 },
      ...(count === 198 && {
        input: spans.flatMap((id, k) => [id, sequence[2 * k + 1]!]),
        target: [...spans.flatMap((id, k) => [id, sequence[2 * k]!]), 5 + count],
        merged_back: sequence,
      }),
    };
  });
  const fields = ['input', 'target', 'merged_back'];
  return {
    kind: 'mask.span',
    description: 'a sequence with a span for each sentinel but the one that ends it, and one with a span more',
    tier: 'core',
    options: {},
    data,
    expected: {
      values: fields.flatMap((field) => [{ results: `/0/${field}` }, rejected(`/1/${field}`)]),
    },
    checks: spanChecks('invalid-accepted'),
  };
}

/** A coordinate, which is one token, and its id. */
const coordinate = (n: number): [text: string, id: number] => [`v0=${n}`, 204 + n];
const EOS = 3;

/** Chunks that end at the limit or beyond it, targets that fill all the positions, and targets of just their budget. */
function sequenceLimits(): OwnVector {
  const data = [
    // Two and three tokens of five; [EOS] is beyond.
    sequence({ chunks: [2, 3], kept: 2, masked: [0, 1], limits: [5, 5, null] }),
    // Four tokens reach beyond five, and so does all that follows.
    sequence({ chunks: [2, 4, 1], kept: 1, masked: [1], limits: [5, 5, null] }),
    // Empty chunks.
    sequence({ chunks: [0, 2, 0], kept: 4, masked: [1, 0, 0, 1], limits: [4, 4, null] }),
    // Five target tokens behind three of the input: all of eight positions.
    sequence({ chunks: [1, 1, 1, 1], kept: 3, masked: [1, 1, 1], limits: [3, 3, null] }),
    // From the first, second and third sentinel, five, three and one are left.
    ...[
      { budget: 5, choice: 0, from: 0 },
      { budget: 4, choice: 0, from: 0 },
      { budget: 3, choice: 1, from: 2 },
      { budget: 4, choice: 1, from: 2 },
      { budget: 2, choice: 1, from: 2 },
      { budget: 0, choice: 0, from: 0 },
    ].map((cut) =>
      sequence({
        chunks: [1, 1, 1],
        kept: 4,
        masked: [1, 0, 1, 0],
        limits: [6, 6, cut.budget],
        cut,
      }),
    ),
    // Seven, five, three and one are left; the third has too few.
    sequence({
      ...{ chunks: [1, 1, 1, 1, 1], kept: 6, masked: [1, 0, 1, 0, 1, 0], limits: [8, 8, 5] },
      cut: { budget: 5, choice: 2, from: 2 },
    }),
  ];
  return {
    kind: 'mask.sequence',
    description:
      'chunks that end at the limit, targets that fill the positions, and targets that are as long as their budget',
    tier: 'core',
    ...vocabularyOf('sequence_limits'),
    options: {},
    data,
    expected: {
      values: ['tensor', 'input_mask', 'target_mask', 'decoder_attention_mask'].map((field) => ({
        results: `/*/${field}`,
      })),
    },
    checks: [
      { results: ['/0/*', '/1/*', '/2/*'], requirements: ['MSK-8'], flags: ['sequence-cut'] },
      { results: ['/3/*'], requirements: ['MSK-7'], flags: ['sequence-layout'] },
      {
        results: data.slice(4).map((_, i) => `/${4 + i}/*`),
        ...{ requirements: ['MSK-11', 'MSK-12'], flags: ['sequence-cut'] },
      },
    ],
  };
}

interface SequenceCase {
  /** Tokens of each chunk, before [EOS]. */
  readonly chunks: readonly number[];
  /** How many chunks are left, [EOS] included. */
  readonly kept: number;
  /** Whether each of these is masked. */
  readonly masked: readonly number[];
  readonly limits: readonly [maxTokens: number, inputBudget: number, targetBudget: number | null];
  /** Where a target that is longer than its budget begins. */
  readonly cut?: { readonly budget: number; readonly choice: number; readonly from: number };
}

const KEEP = 0.5;

function sequence({ chunks, kept, masked, limits, cut }: SequenceCase) {
  let next = 0;
  const texts = chunks.map((count) => Array.from({ length: count }, () => coordinate(next++)));
  const ids = [...texts.map((chunk) => chunk.map(([, id]) => id)), [EOS]].slice(0, kept);
  const input: number[] = [];
  const target: number[] = [];
  const sentinels: number[] = [];
  const begin = (isInput: boolean) => {
    sentinels.push(target.length);
    const id = 4 + sentinels.length;
    target.push(id);
    if (isInput) input.push(id);
  };
  ids.forEach((chunk, i) => {
    if (masked[i] && !masked[i - 1]) begin(true);
    (masked[i] ? target : input).push(...chunk);
  });
  begin(false);
  const [maxTokens, inputBudget, targetBudget] = limits;
  const isCut = cut !== undefined && target.length > cut.budget;
  const rest = isCut ? target.slice(cut.from, cut.from + cut.budget) : target;
  const length = 2 * (maxTokens + 1);
  const at = (list: readonly number[], from: number) => Array.from({ length }, (_, i) => list[i - from]);
  const isInput = at(input, 0).map((id) => id !== undefined);
  const isTarget = at(rest, inputBudget).map((id) => id !== undefined);
  return {
    text: texts.map((chunk) => chunk.map(([text]) => text).join(' ')),
    ...{ max_tokens: maxTokens, input_budget: inputBudget, target_budget: targetBudget },
    keep_prob_drawn: KEEP,
    rand_draws: [masked.map((isMasked) => (isMasked ? 0.75 : 0.25))],
    sentinel_choice: isCut ? [[Math.max(1, sentinels.length - 1), cut.choice]] : [],
    tensor: at(input, 0).map((id, i) => id ?? at(rest, inputBudget)[i] ?? 0),
    input_mask: isInput.map((is) => Number(!is)),
    target_mask: isTarget.map((is) => Number(!is)),
    decoder_attention_mask: isTarget.map(Number),
  };
}

/** A budget without input: all is one span of the target, whatever is drawn. */
function noInput(): OwnVector {
  const chunks = [coordinate(0), coordinate(1)];
  const target = [5, ...chunks.map(([, id]) => id), EOS, 6];
  const length = 2 * (chunks.length + 2 + 1);
  const isTarget = Array.from({ length }, (_, i) => i < target.length);
  const entry = {
    text: chunks.map(([text]) => text),
    ...{ max_tokens: chunks.length + 2, input_budget: 0, target_budget: null, keep_prob_drawn: KEEP },
    ...{ rand_draws: [[0.25, 0.75, 0.25]], sentinel_choice: [] },
    tensor: isTarget.map((_, i) => target[i] ?? 0),
    input_mask: isTarget.map(() => 1),
    target_mask: isTarget.map((is) => Number(!is)),
    decoder_attention_mask: isTarget.map(Number),
  };
  return {
    kind: 'mask.sequence',
    description: 'no input at all',
    tier: 'core',
    ...vocabularyOf('sequence_no_input'),
    options: {},
    data: [entry],
    expected: {
      values: ['tensor', 'input_mask', 'target_mask', 'decoder_attention_mask'].map((field) => ({
        results: `/*/${field}`,
      })),
    },
    requirements: ['MSK-9'],
    flag: 'sequence-layout',
  };
}
