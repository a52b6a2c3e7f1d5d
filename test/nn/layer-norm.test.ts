import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { buildLayerNorm, layerNorm } from '../../src/nn/layer-norm.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { fill, normals, release } from './plain.js';

const ROWS = 3;
const EPSILON = 1e-2;

/** The layer in double precision; x with one value moved by `step`. */
function plain(values: Float32Array, weight: Float32Array, bias: Float32Array, moved = 0, step = 0): number[] {
  const width = weight.length;
  const x = Array.from(values, (value, i) => value + (i === moved ? step : 0));
  return x.map((value, i) => {
    const row = x.slice(i - (i % width), i - (i % width) + width);
    const mean = row.reduce((a, b) => a + b) / width;
    const variance = row.reduce((sum, b) => sum + (b - mean) ** 2, 0) / width;
    return ((value - mean) / Math.sqrt(variance + EPSILON)) * weight[i % width]! + bias[i % width]!;
  });
}

onEachBackend(() => {
  // Kernels take numbers four or sixteen at a time where the width allows it.
  test.each([5, 8, 20, 36])(
    'normalises, scales and shifts %i columns; its gradients are the numeric ones',
    async (width) => {
      const values = normals(ROWS * width, 1).map((x) => 3 * x + 2);
      const upstream = normals(ROWS * width, 2);
      const list = new ParameterList();
      const layer = buildLayerNorm(list, width, true, EPSILON);
      fill(list);
      const [weight, bias] = [await layer.weight.read(), await layer.bias.read()];
      const x = tf.variable(tf.tensor2d(values, [ROWS, width]));

      const y = layerNorm(layer, x as tf.Tensor2D);
      expectClose(await y.data(), plain(values, weight, bias), { rtol: 1e-5, atol: 1e-5 }, 'values');

      const loss = () => tf.sum(tf.mul(layerNorm(layer, x), tf.tensor2d(upstream, [ROWS, width]))) as tf.Scalar;
      const { grads } = tf.variableGrads(loss, [x, layer.weight.value, layer.bias.value]);
      const numeric = Array.from(values, (_, i) => {
        const at = (step: number) =>
          plain(values, weight, bias, i, step).reduce((sum, v, k) => sum + v * upstream[k]!, 0);
        return (at(1e-4) - at(-1e-4)) / 2e-4;
      });
      expectClose(await grads[x.name]!.data(), numeric, { rtol: 1e-4, atol: 1e-5 }, 'gradient of x');
      const standardized = plain(values, new Float32Array(width).fill(1), new Float32Array(width));
      const columns = (f: (i: number) => number) =>
        Array.from({ length: width }, (_, c) => f(c) + f(c + width) + f(c + 2 * width));
      const [ofWeight, ofBias] = [grads[layer.weight.value.name]!, grads[layer.bias.value.name]!];
      const exact = { rtol: 1e-4, atol: 1e-5 };
      expectClose(
        await ofWeight.data(),
        columns((i) => upstream[i]! * standardized[i]!),
        exact,
        'gradient of weight',
      );
      expectClose(
        await ofBias.data(),
        columns((i) => upstream[i]!),
        exact,
        'gradient of bias',
      );
      tf.dispose([x, y, ...Object.values(grads)]);
      release(list);
    },
  );

  test.each([5, 8])('of a row of %i numbers that are nearly or quite equal', async (width) => {
    const list = new ParameterList();
    const layer = buildLayerNorm(list, width, true, EPSILON);
    fill(list);
    const [weight, bias] = [await layer.weight.read(), await layer.bias.read()];
    const x = tf.tensor2d(
      [...normals(width, 3).map((value) => 0.05 * value), ...new Array<number>(width).fill(7)],
      [2, width],
    );
    const values = Array.from((await x.data()).subarray(0, width));
    const mean = values.reduce((a, b) => a + b) / width;
    const deviation = Math.sqrt(values.reduce((sum, b) => sum + (b - mean) ** 2, 0) / width + EPSILON);
    const expected = [...values.map((value, i) => ((value - mean) / deviation) * weight[i]! + bias[i]!), ...bias];
    const y = layerNorm(layer, x);
    expectClose(await y.data(), expected, { rtol: 1e-5, atol: 1e-5 });
    tf.dispose([x, y]);
    release(list);
  });
});

test('without a shift, zeros are stored and not trained', () => {
  const list = new ParameterList();
  const layer = buildLayerNorm(list, 4, false);
  expect(list.all.map((p) => [p.names[0], p.trainable, p.decay])).toEqual([
    ['weight', true, false],
    ['bias', false, false],
  ]);
  expect(layer.epsilon).toBe(1e-6);
});
