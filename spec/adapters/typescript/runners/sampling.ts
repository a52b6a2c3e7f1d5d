import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { guide } from '../../../../src/decoding/guidance.js';
import { filterLogits, sampleToken, softmax } from '../../../../src/decoding/sampling.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

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
    /** Names the numbers to draw ids with, if any are drawn. */
    uniforms: v.optional(v.string()),
  }),
);

/** `gen.filter`: which tokens are left to draw from, how likely they are, and which are drawn. */
export async function filters(task: Inputs, out: Outputs): Promise<void> {
  for (const call of optionsOf(filtersSchema, task.options.combos, 'combos')) {
    const name = `out.f${String(call.i).padStart(3, '0')}`;
    await out.orReject([`${name}.filtered`, `${name}.probs`], () => {
      const logits = task.floats(call.logits);
      const width = task.shape(call.logits).at(-1)!;
      const topK = topKOf(call);
      const filtered = new Float32Array(logits.length);
      const probabilities = new Float32Array(logits.length);
      for (let at = 0; at < logits.length; at += width) {
        const row = filterLogits(logits.subarray(at, at + width), { topK, topP: call.top_p });
        filtered.set(row, at);
        probabilities.set(softmax(row, call.temperature_for_probs), at);
      }
      if (call.uniforms !== undefined) {
        const options = { topK, topP: call.top_p, temperature: call.temperature_for_probs };
        const drawn = Array.from(task.floats(call.uniforms), (uniform, row) =>
          sampleToken(logits.subarray(row * width, (row + 1) * width), options, uniform),
        );
        const ids = drawn.map(({ id }) => id);
        const confidence = drawn.map(({ probability }) => probability);
        out.tensor(`${name}.ids`, ids, [ids.length]);
        out.tensor(`${name}.confidence`, confidence, [ids.length]);
      }
      out.tensor(`${name}.filtered`, filtered, task.shape(call.logits));
      out.tensor(`${name}.probs`, probabilities, task.shape(call.logits));
    });
  }
}

/** What {@link filterLogits} takes for it: a share of 1 or more keeps all tokens, as 0 does. */
export function topKOf({ top_k, top_k_kind = 'count' }: TopK): number {
  return top_k_kind !== 'count' && top_k >= 1 ? 0 : top_k;
}

const guidanceSchema = v.array(
  v.strictObject({
    result: v.string(),
    unconditional: v.string(),
    conditions: v.array(v.string()),
    weights: v.array(v.number()),
  }),
);

/** `gen.cfg_formula`: logits put together by guidance with one condition, and with several that have weights. */
export async function guidanceFormula(task: Inputs, out: Outputs): Promise<void> {
  for (const call of optionsOf(guidanceSchema, task.options.calls, 'calls')) {
    const guided = tf.tidy(() => {
      const input = (tensor: string) => tf.tensor(task.floats(tensor), [...task.shape(tensor)]);
      return guide(input(call.unconditional), call.conditions.map(input), call.weights);
    });
    await out.device(call.result, guided);
    guided.dispose();
  }
}
