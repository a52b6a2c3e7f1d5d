import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { ParameterList } from '../../../src/nn/parameters.js';
import { Random } from '../../../src/random.js';
import type { Condition } from '../../../src/tokenizers/diffusion/condition.js';
import { buildUnet, unet } from '../../../src/tokenizers/diffusion/unet.js';
import { onOneBackend } from '../../on-backends.js';
import { expectClose } from '../../vectors.js';

onOneBackend();

/** Not divisible by 2: what is halved to 2×3 comes back to 3×5. */
const GRID = [3, 5] as const;

test('masked codes are as if they were zero, and no others are', async () => {
  const list = new ParameterList();
  const config = { kind: 'unet', patch: 2, widths: [32, 32], stages: 1, attends: [1], timeWidth: 32 } as const;
  const net = buildUnet(list, { ...config, channels: 1, conditionWidth: 2 });
  const random = new Random(3);
  for (const parameter of list.all) parameter.initialize(random);
  const normal = (n: number) => Float32Array.from({ length: n }, () => random.normal());
  const image = normal(15 * 4);
  const codes = normal(4 * 2);
  const predict = async (values: Float32Array, masked?: Uint8Array) => {
    const output = tf.tidy(() => {
      const condition: Condition = { codes: tf.tensor4d(values, [1, 2, 2, 2]), ...(masked && { masked }) };
      return unet(net, tf.tensor3d(image, [1, 15, 4]), GRID, [10], condition);
    });
    const data = (await output.data()) as Float32Array;
    output.dispose();
    return data;
  };
  const zeroed = codes.slice().fill(0, 2, 4);
  const masked = await predict(codes, Uint8Array.of(0, 1, 0, 0));
  expectClose(masked, await predict(zeroed), { rtol: 1e-5, atol: 1e-6 });
  expect(masked).not.toEqual(await predict(codes));
  for (const parameter of list.all) parameter.dispose();
});
