import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { buildConvolution, convolution } from '../../src/nn/convolution.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';

onEachBackend(() => {
  test('weights are by (output, input, row, column), with zeros around the image', async () => {
    const list = new ParameterList();
    const layer = buildConvolution(list, 2, 1);
    // Takes the first channel from the right-hand neighbour and ten times the second from the one below.
    const weight = new Float32Array(18);
    weight[5] = 1;
    weight[9 + 7] = 10;
    layer.weight.load(weight);
    layer.bias.load(Float32Array.of(0.5));
    const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
    for (const [stride, expected] of [
      [1, [3 + 60 + 0.5, 80 + 0.5, 7 + 0.5, 0.5]],
      [2, [3 + 60 + 0.5]],
    ] as const) {
      const output = convolution(layer, image, stride);
      expect(output.shape).toEqual([1, 2 / stride, 2 / stride, 1]);
      expectClose(await output.data(), expected, { rtol: 1e-6, atol: 0 });
      output.dispose();
    }
    image.dispose();
    for (const parameter of list.all) parameter.dispose();
  });
});
