import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ParameterList } from '../../../src/nn/parameters.js';
import { Random } from '../../../src/random.js';
import { parseVqVaeConfig, type VqVaeConfig } from '../../../src/tokenizers/vq/config.js';
import {
  buildQuantizer,
  CodebookTrainer,
  lookUp,
  nearestCodes,
  type Quantizer,
  quantizeInTraining,
} from '../../../src/tokenizers/vq/quantizer.js';
import { onEachBackend, onOneBackend } from '../../on-backends.js';
import { expectClose, vectorCase } from '../../vectors.js';
import { channelsLast } from './cases.js';

function withCodes(config: Partial<VqVaeConfig>, codes: Float32Array): { quantizer: Quantizer; dispose: () => void } {
  const list = new ParameterList();
  const quantizer = buildQuantizer(list, parseVqVaeConfig(config));
  for (const parameter of list.all) parameter.load(new Float32Array(parameter.size));
  quantizer.codes.load(codes);
  return {
    quantizer,
    dispose: () => {
      for (const parameter of list.all) parameter.dispose();
    },
  };
}

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
    const { quantizer, dispose } = withCodes({ codebook_size: 9, latent_dim: 5, norm_codes: normCodes }, codes);
    const before = tf.memory().numTensors;
    const ids = await taken(() => nearestCodes(quantizer, tf.tensor2d(codes, [9, 5])));
    expect(ids).toEqual(Int32Array.from({ length: 9 }, (_, i) => i));
    const order = [
      [3, 0],
      [8, 3],
    ];
    const found = await taken(() => lookUp(quantizer, tf.tensor2d(order, [2, 2], 'int32')));
    expect([...found]).toEqual(order.flat().flatMap((id) => [...codes.subarray(5 * id, 5 * id + 5)]));
    expect(tf.memory().numTensors).toBe(before);
    dispose();
  });

  test.each(['vq_train_cosine', 'vq_train_cosine_lbg', 'vq_train_euclidean'])(
    'codes, loss and gradient in training as officially: %s',
    async (name) => {
      const { about, data } = vectorCase(name);
      const c = about.config as Record<string, number | string | boolean>;
      const config = {
        codebook_size: c.codebook_size as number,
        latent_dim: c.dim as number,
        norm_codes: c.kind === 'CosineSim',
        norm_latents: c.norm_latents as boolean,
      };
      const { quantizer, dispose } = withCodes(config, data.read('in.state._codebook.embed') as Float32Array);
      const rows = (tensor: string) => channelsLast(data.read(tensor) as Float32Array, data.tensors.get(tensor)!.shape);
      const shape: [number, number] = [rows('in.x.0').length / config.latent_dim, config.latent_dim];
      const x = tf.variable(tf.tensor2d(rows('in.x.0'), shape));
      const upstream = tf.tensor2d(rows('in.grad.0'), shape);
      const kept: { output?: tf.Tensor; ids?: tf.Tensor; commitment?: tf.Scalar } = {};
      const { value, grads } = tf.variableGrads(() => {
        const { output, ids, commitment } = quantizeInTraining(quantizer, x as tf.Tensor2D);
        Object.assign(kept, { output: tf.keep(output), ids: tf.keep(ids), commitment: tf.keep(commitment) });
        return tf.add(tf.sum(tf.mul(output, upstream)), tf.mul(c.commitment_weight as number, commitment)) as tf.Scalar;
      }, [x]);
      expect([...(await kept.ids!.data())]).toEqual([...(data.read('out.indices.0') as Int32Array)]);
      expectClose(await kept.output!.data(), rows('out.quant.0'), about.tolerance, 'codes');
      const loss = Array.from(await kept.commitment!.data(), (l) => l * (c.commitment_weight as number));
      expectClose(loss, data.read('out.loss.0') as Float32Array, about.tolerance, 'loss');
      expectClose(await grads[x.name]!.data(), rows('out.grad_x.0'), about.tolerance, 'gradient');
      tf.dispose([x, upstream, value, ...Object.values(grads), ...Object.values(kept)]);
      dispose();
    },
  );
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
        const { quantizer, dispose } = withCodes(config, Float32Array.from(codes));
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

  test('a codebook waits for k-means only where the config says so, and only once', async () => {
    const config = parseVqVaeConfig({ codebook_size: 3, latent_dim: 2, kmeans_init: true });
    const quantizer = buildQuantizer(new ParameterList(), config);
    const parameters = [quantizer.codes, quantizer.usage, quantizer.initialized];
    for (const parameter of parameters) parameter.initialize(new Random(0));
    const trainer = await CodebookTrainer.start(quantizer, config);
    expect(trainer.waiting).toBe(true);
    const latents = Float32Array.of(5, 0, 0, 2, -1, 0, 3, 0);
    trainer.initialize(latents, new Random(1));
    expect(trainer.waiting).toBe(false);
    expect([...(await quantizer.initialized.read())]).toEqual([1]);
    expect((await quantizer.usage.read()).reduce((a, b) => a + b)).toBe(4);
    expect((await CodebookTrainer.start(quantizer, config)).waiting).toBe(false);
    for (const parameter of parameters) parameter.dispose();
  });

  test('k-means also starts the sums of a Euclidean codebook', async () => {
    const config = parseVqVaeConfig({ codebook_size: 2, latent_dim: 1, norm_codes: false, kmeans_init: true });
    const { quantizer, dispose } = withCodes(config, new Float32Array(2));
    const trainer = await CodebookTrainer.start(quantizer, config);
    trainer.initialize(Float32Array.of(-4, 6), new Random(0));
    expect((await quantizer.codes.read()).toSorted()).toEqual(Float32Array.of(-4, 6));
    expect(await quantizer.sums!.read()).toEqual(await quantizer.codes.read());
    dispose();
  });

  test('training moves the codes on the device toward their latents', async () => {
    const config = parseVqVaeConfig({ codebook_size: 2, latent_dim: 2, ema_decay: 0.5, threshold_ema_dead_code: 0 });
    const { quantizer, dispose } = withCodes(config, Float32Array.of(1, 0, 0, 1));
    const trainer = await CodebookTrainer.start(quantizer, config);
    trainer.update(Float32Array.of(3, 4), [0], new Random(0));
    expectClose(await quantizer.codes.read(), [0.8, 0.4, 0, 1], { rtol: 1e-6, atol: 0 });
    expectClose(await quantizer.usage.read(), [0.5, 0], { rtol: 0, atol: 0 });
    dispose();
  });

  test('several heads compare their projections with one codebook, and the gradient passes through them', async () => {
    const codes = Float32Array.of(1, 0, 0, 1, -1, 0);
    const config = { codebook_size: 3, latent_dim: 2, num_codebooks: 2 };
    const { quantizer, dispose } = withCodes(config, codes);
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
