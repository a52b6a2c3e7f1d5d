import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { guide } from '../../../../src/decoding/guidance.js';
import { filterLogits, sampleToken, softmax } from '../../../../src/decoding/sampling.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

/** The top-k options of a case. */
export interface TopK {
  readonly top_k: number;
  /** Whether `top_k` is a count or a fraction of the vocabulary; only needed for 1, which JSON cannot tell from 1.0. */
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
    /** Name of the uniform random numbers, if ids are sampled. */
    uniforms: v.optional(v.string()),
  }),
);

/** `gen.filter`: filtered logits, their probabilities, and sampled tokens. */
export async function filters(task: Inputs, out: Outputs): Promise<void> {
  for (const call of optionsOf(filtersSchema, task.options.combos, 'combos')) {
    const name = `out.f${String(call.i).padStart(3, '0')}`;
    await out.orReject([`${name}.filtered`, `${name}.probs`], () => {
      const logits = task.floats(call.logits);
      const shape = task.shape(call.logits);
      const width = shape.at(-1)!;
      const rows = Array.from({ length: logits.length / width }, (_, i) => logits.subarray(i * width, (i + 1) * width));
      const options = { topK: topKOf(call), topP: call.top_p, temperature: call.temperature_for_probs };
      if (call.uniforms !== undefined) {
        const uniforms = task.floats(call.uniforms);
        const drawn = rows.map((row, i) => sampleToken(row, options, uniforms[i]!));
        const ids = drawn.map(({ id }) => id);
        const confidence = drawn.map(({ probability }) => probability);
        out.tensor(`${name}.ids`, ids, [ids.length]);
        out.tensor(`${name}.confidence`, confidence, [ids.length]);
      }
      const filtered = rows.map((row) => filterLogits(row, options));
      const left = filtered.flatMap((row) => [...row]);
      out.tensor(`${name}.filtered`, left, shape);
      // At temperature 0 none are drawn.
      if (!out.wants(`${name}.probs`)) return;
      const probabilities = filtered.flatMap((row) => [...softmax(row, options.temperature)]);
      out.tensor(`${name}.probs`, probabilities, shape);
    });
  }
}

/** The value for {@link filterLogits}. A fraction of 1 or more keeps all tokens, as 0 does. */
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

/** `gen.cfg_formula`: guidance with one condition, and with several weighted conditions. */
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
