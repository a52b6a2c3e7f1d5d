import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/random.js';
import { lookUpCodes, nearestCodes, quantizeInTraining } from '../../../src/tokenizers/vq/quantizer.js';
import { onEachBackend, onOneBackend } from '../../on-backends.js';
import { quantizerWithCodes } from './cases.js';

async function taken(compute: () => tf.Tensor): Promise<tf.TypedArray> {
  const result = tf.tidy(compute);
  const data = await result.data();
  result.dispose();
  return data;
}

onEachBackend(() => {
  test.each([
    ['cosine', true],
    ['Euclidean', false],
  ])('every code of a %s codebook is nearest to itself, and looked up as it is', async (_, normCodes) => {
    const random = new Random(1);
    const codes = Float32Array.from({ length: 9 * 5 }, () => 2 * random.normal());
    const { quantizer, dispose } = quantizerWithCodes(
      { codebook_size: 9, latent_dim: 5, norm_codes: normCodes },
      codes,
    );
    const before = tf.memory().numTensors;
    const ids = await taken(() => nearestCodes(quantizer, tf.tensor2d(codes, [9, 5])));
    expect(ids).toEqual(Int32Array.from({ length: 9 }, (_, i) => i));
    const order = [
      [3, 0],
      [8, 3],
    ];
    const found = await taken(() => lookUpCodes(quantizer, tf.tensor2d(order, [2, 2], 'int32')));
    expect([...found]).toEqual(order.flat().flatMap((id) => [...codes.subarray(5 * id, 5 * id + 5)]));
    expect(tf.memory().numTensors).toBe(before);
    dispose();
  });
});

describe('on one backend', () => {
  onOneBackend();

  test.each([
    ['cosine', true],
    ['Euclidean', false],
  ])('the code found is nearest by the definition: %s', async (_, normCodes) => {
    // In steps of a hundredth: of lengths that float32 squares to nothing the direction is lost.
    const number = fc.integer({ min: -200, max: 200 }).map((hundredths) => hundredths / 100);
    const numbers = (n: number) => fc.array(number, { minLength: n, maxLength: n });
    await fc.assert(
      fc.asyncProperty(numbers(6 * 3), numbers(4 * 3), async (codes, latents) => {
        const config = { codebook_size: 6, latent_dim: 3, norm_codes: normCodes };
        const { quantizer, dispose } = quantizerWithCodes(config, Float32Array.from(codes));
        const ids = await taken(() => nearestCodes(quantizer, tf.tensor2d(latents, [4, 3])));
        const like = (n: number, k: number) => {
          const [x, code] = [latents.slice(3 * n, 3 * n + 3), codes.slice(3 * k, 3 * k + 3)];
          const dot = x.reduce((sum, value, i) => sum + value * code[i]!, 0);
          if (normCodes) return dot / Math.max(Math.hypot(...x) * Math.hypot(...code), 1e-9);
          return -(Math.hypot(...x.map((value, i) => value - code[i]!)) ** 2);
        };
        ids.forEach((id, n) => {
          const best = Math.max(...Array.from({ length: 6 }, (_, k) => like(n, k)));
          expect(like(n, id)).toBeGreaterThan(best - 1e-4);
        });
        dispose();
      }),
      { numRuns: 30 },
    );
  });

  test('several heads compare their projections with one codebook, and the gradient passes through them', async () => {
    const codes = Float32Array.of(1, 0, 0, 1, -1, 0);
    const config = { codebook_size: 3, latent_dim: 2, num_codebooks: 2 };
    const { quantizer, dispose } = quantizerWithCodes(config, codes);
    // The first head sees the latent, the second its opposite; what comes out is the first code minus the second.
    const [plus, minus] = [
      [1, 0, 0, 1],
      [-1, 0, 0, -1],
    ] as const;
    quantizer.projectIn!.weight.load(Float32Array.of(...plus, ...minus));
    quantizer.projectOut!.weight.load(Float32Array.of(1, 0, -1, 0, 0, 1, 0, -1));
    const x = tf.variable(tf.tensor2d([3, 0.1], [1, 2]));
    const kept: { ids?: tf.Tensor; output?: tf.Tensor } = {};
    const { value, grads } = tf.variableGrads(() => {
      const { ids, output } = quantizeInTraining(quantizer, x as tf.Tensor2D);
      Object.assign(kept, { ids: tf.keep(ids), output: tf.keep(output) });
      return tf.sum(output) as tf.Scalar;
    }, [x]);
    expect([...(await kept.ids!.data())]).toEqual([0, 2]);
    expect([...(await kept.output!.data())]).toEqual([2, 0]);
    expect([...(await grads[x.name]!.data())]).toEqual([2, 2]);
    tf.dispose([x, value, ...Object.values(grads), ...Object.values(kept)]);
    dispose();
  });
});
