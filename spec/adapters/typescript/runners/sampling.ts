import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { guide } from '../../../../src/decoding/guidance.js';
import { filterLogits, softmax } from '../../../../src/decoding/sampling.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { optionsOf } from '../options.js';

/** How a case says what top-k keeps. */
export interface TopK {
  readonly top_k: number;
  /** `count`, or a share of the vocabulary; needed of 1 alone, which JSON writes like 1.0. */
  readonly top_k_kind?: string;
}

const filtersSchema = v.array(
  v.strictObject({
    i: v.number(),
    logits: v.string(),
    top_k: v.number(),
    top_k_kind: v.picklist(['count', 'fraction of vocabulary']),
    top_p: v.number(),
    temperature_for_probs: v.number(),
  }),
);

/** `gen.filter`: which tokens are left to draw from, and how likely they are. */
export function filters(reference: ConformanceCase, compare: Comparison): void {
  for (const call of optionsOf(filtersSchema, reference.about.combos, 'combos')) {
    const logits = reference.floats(call.logits);
    const width = reference.shape(call.logits).at(-1)!;
    const topK = topKOf(call);
    const filtered = new Float32Array(logits.length);
    const probabilities = new Float32Array(logits.length);
    for (let at = 0; at < logits.length; at += width) {
      const row = filterLogits(logits.subarray(at, at + width), { topK, topP: call.top_p });
      filtered.set(row, at);
      probabilities.set(softmax(row, call.temperature_for_probs), at);
    }
    const name = `out.f${String(call.i).padStart(3, '0')}`;
    compare.tensor(`${name}.filtered`, filtered, { rtol: 0, atol: 0 });
    compare.tensor(`${name}.probs`, probabilities);
  }
}

/** What {@link filterLogits} takes for it: a share of 1 or more keeps all tokens, as 0 does. */
export function topKOf({ top_k, top_k_kind = 'count' }: TopK): number {
  return top_k_kind !== 'count' && top_k >= 1 ? 0 : top_k;
}

/** `gen.cfg_formula`: logits put together by guidance with one condition, and with several that have weights. */
export async function guidanceFormula(reference: ConformanceCase, compare: Comparison): Promise<void> {
  for (const name of reference.data.tensors.keys()) {
    if (!name.startsWith('out.')) continue;
    const weights = name
      .replace(/^out\.(guided_|multi_w)/, '')
      .split('_w')
      .map(Number);
    const guided = tf.tidy(() => {
      const input = (tensor: string) => tf.tensor(reference.floats(tensor), [...reference.shape(tensor)]);
      const conditions = weights.map((_, i) => input(i === 0 ? 'in.cond' : `in.cond${i + 1}`));
      return guide(input('in.uncond'), conditions, weights);
    });
    compare.tensor(name, await guided.data());
    guided.dispose();
  }
}
