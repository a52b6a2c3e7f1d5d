import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { buildLinear, linear } from '../../src/nn/linear.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { fill, normals, plainLinear, release } from './plain.js';

const CLOSE = { rtol: 1e-5, atol: 1e-5 };

onEachBackend(() => {
  test.each([
    ['a matrix', 6],
    ['a convolution over patches', [2, 3, 1]],
  ] as const)('maps the last axis by %s as published', async (_, input) => {
    const list = new ParameterList();
    const layer = buildLinear(list.scope('proj'), input, 4);
    fill(list);
    const x = normals(2 * 3 * 6, 1);
    const y = tf.tidy(() => linear(layer, tf.tensor3d(x, [2, 3, 6])));
    expect(y.shape).toEqual([2, 3, 4]);
    const expected = plainLinear(x, await layer.weight.read(), await layer.bias!.read());
    expectClose(await y.data(), expected, CLOSE);
    y.dispose();
    release(list);
  });
});

test('a map without bias has only a matrix, published as [out, in] and decaying; a bias does not decay', () => {
  const list = new ParameterList();
  buildLinear(list.scope('a'), 3, 5, false);
  buildLinear(list.scope('b'), [2, 4, 4], 5);
  expect(list.all.map((p) => [p.names[0], p.shape, p.decay])).toEqual([
    ['a.weight', [5, 3], true],
    ['b.weight', [5, 2, 4, 4], true],
    ['b.bias', [5], false],
  ]);
});
