import type { NamedTensor } from '../../../src/checkpoints/safetensors-writer.js';
import { expectedOf, type OwnVector } from './write.js';

/** Ids drawn from logits, and the likeliest ones. */
export function sampling(): Record<string, OwnVector> {
  return { sampling_draws: draws(), sampling_greedy: greedy(), top_p: filtered('SMP-4'), top_k: filtered('SMP-3') };
}

/** The largest single-precision number below 1. */
const BELOW_ONE = 1 - 2 ** -24;

/** Rows of logits, and the number that an id of each is drawn with. Where a cumulative sum is met exactly, it is a power of 2. */
const ROWS: readonly (readonly [logits: readonly number[], uniform: number])[] = [
  [[0, 0, 0, 0], 0],
  [[0, 0, 0, 0], 0.25],
  [[0, 0, 0, 0], 0.5],
  [[0, 0, 0, 0], BELOW_ONE],
  [[Number.NEGATIVE_INFINITY, 1, 2, 0], 0],
  [[2, 1, 0.5, Number.NEGATIVE_INFINITY], BELOW_ONE],
  [[3, 1, 2, 0.5], 0.62],
  [[3, 1, 2, 0.5], 0.7],
  [[-1, 0.5, 1.75, 1.5], 0.4],
  [[5, -5, 4, 4.5], 0.8],
];

/** Which of several equal logits top-p keeps is not specified. */
const UNTIED = ROWS.filter(([logits]) => new Set(logits).size === logits.length);

/** `[top_k, kind, top_p, temperature]` */
const SETTINGS: readonly (readonly [number, 'count' | 'fraction of vocabulary', number, number])[] = [
  [0, 'count', 0, 1],
  [3, 'count', 0, 1],
  [0.5, 'fraction of vocabulary', 0, 2],
  [0, 'count', 0.6, 2.5],
  [0, 'count', 0.9, 0.4],
  [3, 'count', 0.8, 3],
  [1, 'fraction of vocabulary', 1, 0.7],
];

function draws(): OwnVector {
  const width = ROWS[0]![0].length;
  const tensors: NamedTensor[] = [...inputs('all', ROWS), ...inputs('untied', UNTIED)];
  const combos = SETTINGS.map(([top_k, top_k_kind, top_p, temperature], i) => {
    const [name, cases] = top_p > 0 && top_p < 1 ? ['untied', UNTIED] : ['all', ROWS];
    const shape = [cases.length, width];
    const rows = cases.map(([logits, uniform]) => {
      const filtered = filter(logits, top_k_kind === 'count' ? top_k : top_k * width, top_p);
      const probabilities = softmax(filtered.map((logit) => logit / temperature));
      let sum = 0;
      const id = probabilities.findIndex((probability) => {
        sum += probability;
        return sum > uniform;
      });
      // A sum that rounding leaves below 1 means the last token that is left.
      const drawn = id < 0 ? probabilities.findLastIndex((probability) => probability > 0) : id;
      return { filtered, probabilities, id: drawn, confidence: probabilities[drawn]! };
    });
    const result = `out.f${String(i).padStart(3, '0')}`;
    tensors.push(
      { name: `${result}.filtered`, dtype: 'F32', shape, data: Float32Array.from(rows.flatMap((row) => row.filtered)) },
      {
        name: `${result}.probs`,
        dtype: 'F32',
        shape,
        data: Float32Array.from(rows.flatMap((row) => row.probabilities)),
      },
      { name: `${result}.ids`, dtype: 'I32', shape: [rows.length], data: Int32Array.from(rows, (row) => row.id) },
      {
        name: `${result}.confidence`,
        dtype: 'F32',
        shape: [rows.length],
        data: Float32Array.from(rows, (row) => row.confidence),
      },
    );
    return {
      ...{ i, logits: `in.${name}`, top_k, top_k_kind, top_p, temperature_for_probs: temperature },
      uniforms: `in.${name}_uniforms`,
    };
  });
  const results = tensors.filter(({ name }) => name.startsWith('out.'));
  // Where a filter of the logits over the temperature would keep others.
  const cooled = SETTINGS.flatMap(([, , top_p, temperature], i) =>
    top_p > 0 && top_p < 1 && temperature !== 1 ? [`out.f${String(i).padStart(3, '0')}.*`] : [],
  );
  return {
    kind: 'gen.filter',
    description: 'ids drawn after filtering, with uniforms at the limits of the cumulative sums, and their confidence',
    tier: 'generation',
    options: { combos },
    tensors,
    tolerances: { default: { form: 'close', rtol: 1e-5, atol: 1e-6 } },
    expected: {
      tensors: Object.fromEntries(
        results.map(({ name, dtype, shape }) => [
          name,
          { dtype, shape: [...shape], ...(/probs|confidence/.test(name) && { tolerance: 'default' }) },
        ]),
      ),
    },
    checks: [
      { results: ['*.filtered'], requirements: ['SMP-3', 'SMP-4'], flags: ['top-k-ties', 'top-p-boundary'] },
      { results: ['*.probs'], requirements: ['SMP-2'], flags: ['temperature-order'] },
      { results: ['*.ids'], requirements: ['SMP-5', 'SMP-2'], flags: ['cdf-boundary', 'temperature-order'] },
      { results: cooled, requirements: ['SMP-10'], flags: ['temperature-order'] },
      { results: ['*.confidence'], requirements: ['SMP-6'], flags: ['confidence-wrong'] },
    ],
  };
}

/** Temperatures that count as 0, with filters that change nothing then. */
const GREEDY: readonly (readonly [topK: number, topP: number, temperature: number])[] = [
  [0, 0, 0],
  [2, 0, 0],
  [0, 0.5, 0],
  [0, 0, 1e-10],
];

/** Numbers to draw with are given, and not used; of equal logits, the first is taken. */
function greedy(): OwnVector {
  const combos = GREEDY.map(([top_k, top_p, temperature_for_probs], i) => ({
    ...{ i, logits: 'in.all', top_k, top_k_kind: 'count', top_p, temperature_for_probs, uniforms: 'in.all_uniforms' },
  }));
  const ids = Int32Array.from(ROWS, ([logits]) => logits.indexOf(Math.max(...logits)));
  const results = combos.map(({ i }) => ({
    ...{ name: `out.f${String(i).padStart(3, '0')}.ids`, dtype: 'I32' as const, shape: [ROWS.length], data: ids },
  }));
  return {
    kind: 'gen.filter',
    description: 'ids at temperature 0, with uniforms that would select others',
    tier: 'generation',
    options: { combos },
    tensors: [...inputs('all', ROWS), ...results],
    expected: {
      tensors: Object.fromEntries(results.map(({ name, dtype, shape }) => [name, { dtype, shape }])),
    },
    requirements: ['SMP-1'],
    flag: 'greedy-threshold',
  };
}

/** Top-k or top-p alone, at temperature 1. */
function filtered(requirement: 'SMP-3' | 'SMP-4'): OwnVector {
  const isTopP = requirement === 'SMP-4';
  const values = isTopP ? [0.2, 0.5, 0.75, 0.95] : [1, 2, 3];
  const cases = isTopP ? UNTIED : ROWS;
  const combos = values.map((value, i) => ({
    ...{ i, logits: 'in.rows', top_k: isTopP ? 0 : value, top_k_kind: 'count', top_p: isTopP ? value : 0 },
    temperature_for_probs: 1,
  }));
  const results = combos.map(
    ({ i, top_k, top_p }): NamedTensor => ({
      ...{ name: `out.f00${i}.filtered`, dtype: 'F32', shape: [cases.length, cases[0]![0].length] },
      data: Float32Array.from(cases.flatMap(([logits]) => filter(logits, top_k, top_p))),
    }),
  );
  return {
    kind: 'gen.filter',
    description: `logits after ${isTopP ? 'top-p' : 'top-k'} alone`,
    tier: 'generation',
    options: { combos },
    tensors: [...inputs('rows', cases).slice(0, 1), ...results],
    expected: { tensors: expectedOf(results) },
    requirements: [requirement],
    flag: isTopP ? 'top-p-boundary' : 'top-k-ties',
  };
}

function inputs(name: string, rows: typeof ROWS): NamedTensor[] {
  const logits = Float32Array.from(rows.flatMap(([row]) => row));
  const uniforms = Float32Array.from(rows, ([, uniform]) => uniform);
  return [
    { name: `in.${name}`, dtype: 'F32', shape: [rows.length, rows[0]![0].length], data: logits },
    { name: `in.${name}_uniforms`, dtype: 'F32', shape: [rows.length], data: uniforms },
  ];
}

/** SMP-3 and SMP-4. @param topK how many tokens to keep; 0 for all */
function filter(logits: readonly number[], topK: number, topP: number): number[] {
  const descending = logits.toSorted((a, b) => b - a);
  const least =
    topK > 0 ? descending[Math.min(Math.max(Math.trunc(topK), 1), logits.length) - 1]! : Number.NEGATIVE_INFINITY;
  const kept = logits.map((logit) => (logit >= least ? logit : Number.NEGATIVE_INFINITY));
  if (topP === 0) return kept;
  const probabilities = softmax(kept);
  const before = (i: number) =>
    probabilities.reduce((sum, probability) => sum + (probability > probabilities[i]! ? probability : 0), 0);
  return kept.map((logit, i) => (before(i) <= topP ? logit : Number.NEGATIVE_INFINITY));
}

function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - largest));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}
