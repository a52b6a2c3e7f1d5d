import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type Activation, activate, buildMlp, mlp } from '../../src/nn/mlp.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { fill, normals, plainLinear, release } from './plain.js';

/** Values of the exact functions, to ten digits. */
const POINTS = [-3, -1, -0.25, 0, 0.5, 2];
const KNOWN: Record<Activation, number[]> = {
  GELU: [-0.0040496941, -0.1586552539, -0.1003234081, 0, 0.3457312306, 1.954499736],
  SiLU: [-0.1422776195, -0.2689414214, -0.1094559775, 0, 0.3112296656, 1.7615941559],
  Tanh: [-0.9950547537, -0.761594156, -0.2449186624, 0, 0.4621171573, 0.9640275801],
  ReLU: [0, 0, 0, 0, 0.5, 2],
};

onEachBackend(() => {
  test.each(Object.entries(KNOWN) as [Activation, number[]][])('%s has the known values', async (name, values) => {
    const y = tf.tidy(() => activate(name, tf.tensor1d(POINTS)));
    expectClose(await y.data(), values, { rtol: 1e-5, atol: 1e-6 });
    y.dispose();
  });

  test.each([
    ['plain', false],
    ['gated', true],
  ])('a %s MLP is its linear maps and activation', async (_, gated) => {
    const list = new ParameterList();
    const layer = buildMlp(list, 3, 5, { activation: 'SiLU', gated, bias: true });
    fill(list);
    const x = normals(2 * 3, 1);
    const map = async (p: typeof layer.fc1, input: ArrayLike<number>) =>
      plainLinear(input, await p.weight.read(), await p.bias!.read());
    const gate = layer.fc3 ? await map(layer.fc3, x) : undefined;
    const hidden = (await map(layer.fc1, x)).map((h, i) => (h / (1 + Math.exp(-h))) * (gate?.[i] ?? 1));
    const y = mlp(layer, tf.tensor2d(x, [2, 3]));
    expectClose(await y.data(), await map(layer.fc2, hidden), { rtol: 1e-5, atol: 1e-5 });
    y.dispose();
    release(list);
  });
});

test('a gated MLP has two thirds of the width, rounded down, three times', () => {
  const list = new ParameterList();
  buildMlp(list, 8, 32, { activation: 'SiLU', gated: true, bias: false });
  expect(list.all.map((p) => [p.names[0], p.shape])).toEqual([
    ['fc1.weight', [21, 8]],
    ['fc2.weight', [8, 21]],
    ['fc3.weight', [21, 8]],
  ]);
});
