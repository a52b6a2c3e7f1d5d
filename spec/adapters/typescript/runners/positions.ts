import * as v from 'valibot';
import { interpolateBicubic } from '../../../../src/nn/interpolation.js';
import { gridPositions, sequencePositions } from '../../../../src/nn/positions.js';
import { transpose } from '../../../../src/nn/transpose.js';
import { nearestRows } from '../../../../src/tokenizers/diffusion/resize.js';
import { sinusoids } from '../../../../src/tokenizers/diffusion/time-embedding.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

const calls = v.array(
  v.variant('table', [
    v.strictObject({ table: v.literal('sincos1d'), result: v.string(), count: v.number(), width: v.number() }),
    v.strictObject({
      table: v.literal('timesteps'),
      result: v.string(),
      timesteps: v.array(v.number()),
      width: v.number(),
    }),
    v.strictObject({
      table: v.picklist(['sincos2d', 'vit_sincos2d']),
      result: v.string(),
      height: v.number(),
      width: v.number(),
      channels: v.number(),
    }),
    v.strictObject({
      table: v.picklist(['bicubic', 'nearest', 'tokens_bicubic']),
      result: v.string(),
      input: v.string(),
      height: v.number(),
      width: v.number(),
    }),
  ]),
);
type Call = v.InferOutput<typeof calls>[number];

/** `trans.posemb`: position embedding tables, and their interpolation to another size. */
export function positions(task: Inputs, out: Outputs): void {
  for (const call of optionsOf(calls, task.options.tables, 'tables')) {
    const { values, shape } = tableOf(call, task);
    out.tensor(call.result, values, shape);
  }
}

function tableOf(call: Call, task: Inputs): { values: Float32Array; shape: number[] } {
  switch (call.table) {
    case 'sincos1d':
      return { values: sequencePositions(call.count, call.width), shape: [1, call.count, call.width] };
    case 'timesteps': {
      const { timesteps, width } = call;
      return { values: sinusoids(timesteps, width), shape: [timesteps.length, width] };
    }
    case 'sincos2d':
    case 'vit_sincos2d': {
      const { height, width, channels, table } = call;
      const values = gridPositions(height, width, channels);
      if (table === 'sincos2d') return { values, shape: [1, height * width, channels] };
      return { values: transpose(values, height * width, channels), shape: [1, channels, height, width] };
    }
    case 'tokens_bicubic': {
      const [, count, channels] = task.shape(call.input) as [number, number, number];
      const side = Math.sqrt(count);
      const values = interpolateBicubic(task.floats(call.input), [side, side], [call.height, call.width]);
      return { values, shape: [1, call.height * call.width, channels] };
    }
    default: {
      const { input, height, width } = call;
      const [, channels, h, w] = task.shape(input) as [number, number, number, number];
      const rows = transpose(task.floats(input), channels, h * w);
      const resized =
        call.table === 'bicubic'
          ? interpolateBicubic(rows, [h, w], [height, width])
          : product(nearest([h, w], [height, width]), rows, h * w);
      return { values: transpose(resized, resized.length / channels, channels), shape: [1, channels, height, width] };
    }
  }
}

/** Rows by the values of a grid, [h'·w', h·w], one-hot at the source position. */
function nearest(from: readonly [number, number], to: readonly [number, number]): Float32Array {
  const [rows, columns] = [nearestRows(from[0], to[0]), nearestRows(from[1], to[1])];
  const matrix = new Float32Array(to[0] * to[1] * from[0] * from[1]);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      matrix[(y * to[1] + x) * from[0] * from[1] + row * from[1] + column] = 1;
    });
  });
  return matrix;
}

/** [n, k] · [k, d] */
function product(a: Float32Array, b: Float32Array, k: number, d = b.length / k): Float32Array {
  const result = new Float32Array((a.length / k) * d);
  for (let i = 0; i < result.length; i++) {
    const [row, column] = [Math.floor(i / d), i % d];
    let sum = 0;
    for (let j = 0; j < k; j++) sum += a[row * k + j]! * b[j * d + column]!;
    result[i] = sum;
  }
  return result;
}
