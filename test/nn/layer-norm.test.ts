import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { buildLayerNorm, layerNorm } from '../../src/nn/layer-norm.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { fill, normals, release } from './plain.js';

const [ROWS, WIDTH] = [3, 5];
const EPSILON = 1e-2;
const X = normals(ROWS * WIDTH, 1).map((x) => 3 * x + 2);
const UPSTREAM = normals(ROWS * WIDTH, 2);

/** The layer in double precision; {@link X} with one value moved by `step`. */
function plain(weight: Float32Array, bias: Float32Array, moved = 0, step = 0): number[] {
  const x = Array.from(X, (value, i) => value + (i === moved ? step : 0));
  return x.map((value, i) => {
    const row = x.slice(i - (i % WIDTH), i - (i % WIDTH) + WIDTH);
    const mean = row.reduce((a, b) => a + b) / WIDTH;
    const variance = row.reduce((sum, b) => sum + (b - mean) ** 2, 0) / WIDTH;
    return ((value - mean) / Math.sqrt(variance + EPSILON)) * weight[i % WIDTH]! + bias[i % WIDTH]!;
  });
}

onEachBackend(() => {
  test('normalises, scales and shifts; its gradients are the numeric ones', async () => {
    const list = new ParameterList();
    const layer = buildLayerNorm(list, WIDTH, true, EPSILON);
    fill(list);
    const [weight, bias] = [await layer.weight.read(), await layer.bias.read()];
    const x = tf.variable(tf.tensor2d(X, [ROWS, WIDTH]));

    const y = layerNorm(layer, x as tf.Tensor2D);
    expectClose(await y.data(), plain(weight, bias), { rtol: 1e-5, atol: 1e-5 }, 'values');

    const loss = () => tf.sum(tf.mul(layerNorm(layer, x), tf.tensor2d(UPSTREAM, [ROWS, WIDTH]))) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, [x, layer.weight.value, layer.bias.value]);
    const numeric = Array.from(X, (_, i) => {
      const at = (step: number) => plain(weight, bias, i, step).reduce((sum, v, k) => sum + v * UPSTREAM[k]!, 0);
      return (at(1e-4) - at(-1e-4)) / 2e-4;
    });
    expectClose(await grads[x.name]!.data(), numeric, { rtol: 1e-4, atol: 1e-5 }, 'gradient of x');
    const standardized = plain(new Float32Array(WIDTH).fill(1), new Float32Array(WIDTH));
    const columns = (f: (i: number) => number) =>
      Array.from({ length: WIDTH }, (_, c) => f(c) + f(c + WIDTH) + f(c + 2 * WIDTH));
    const [ofWeight, ofBias] = [grads[layer.weight.value.name]!, grads[layer.bias.value.name]!];
    const exact = { rtol: 1e-4, atol: 1e-5 };
    expectClose(
      await ofWeight.data(),
      columns((i) => UPSTREAM[i]! * standardized[i]!),
      exact,
      'gradient of weight',
    );
    expectClose(
      await ofBias.data(),
      columns((i) => UPSTREAM[i]!),
      exact,
      'gradient of bias',
    );
    tf.dispose([x, y, ...Object.values(grads)]);
    release(list);
  });

  // Kernels take numbers four at a time where the width allows it.
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
