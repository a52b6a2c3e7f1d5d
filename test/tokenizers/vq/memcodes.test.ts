import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ParameterList } from '../../../src/nn/parameters.js';
import { Random } from '../../../src/random.js';
import { parseVqVaeConfig } from '../../../src/tokenizers/vq/config.js';
import {
  buildMemcodes,
  codeLogits,
  lookUpIds,
  lookUpInTraining,
  lookUpValues,
  type Memcodes,
} from '../../../src/tokenizers/vq/memcodes.js';
import { onEachBackend, onOneBackend } from '../../on-backends.js';
import { expectClose, vectorCase } from '../../vectors.js';
import { channelsLast } from './cases.js';

function memory(heads: number, size: number, width: number): { memcodes: Memcodes; list: ParameterList } {
  const list = new ParameterList();
  const config = { quant_type: 'memcodes', num_codebooks: heads, codebook_size: size, latent_dim: width };
  return { memcodes: buildMemcodes(list, parseVqVaeConfig(config)), list };
}

/** The reference's step of training: four heads, ten codes each, latents of 16. */
function reference() {
  const { about, data } = vectorCase('vq_train_memcodes');
  const { memcodes, list } = memory(4, 10, 16);
  const values = (name: string) => data.read(name) as Float32Array;
  for (const p of list.all) p.load(values(`in.state.${p.names[0]}`));
  const rows = (name: string) => channelsLast(values(name), data.tensors.get(name)!.shape);
  /** [B, heads, N, K] to [heads, B·N, K] */
  const byHead = (name: string) =>
    tf.tidy(() => tf.reshape(tf.transpose(tf.tensor4d(values(name), [3, 4, 4, 10]), [1, 0, 2, 3]), [4, 12, 10]));
  /** Ids [B, heads, h, w] to [B·N·heads]. */
  const ids = (name: string) => [...channelsLast(data.read(name) as Int32Array, data.tensors.get(name)!.shape)];
  return { about, data, memcodes, list, values, rows, byHead, ids };
}

onEachBackend(() => {
  test('a step of training as officially: choices, output and gradients', async () => {
    const { about, memcodes, list, values, rows, byHead, ids } = reference();
    const x = tf.variable(tf.tensor2d(rows('in.x'), [12, 16]));
    const [noise, upstream] = [byHead('in.gumbel') as tf.Tensor3D, tf.tensor2d(rows('in.grad'), [12, 16])];
    const parameters = list.all.map((p) => p.value);
    const kept: { output?: tf.Tensor; ids?: tf.Tensor } = {};
    const { value, grads } = tf.variableGrads(() => {
      const { output, ids } = lookUpInTraining(memcodes, x as tf.Tensor2D, noise);
      Object.assign(kept, { output: tf.keep(output), ids: tf.keep(ids) });
      return tf.sum(tf.mul(output, upstream)) as tf.Scalar;
    }, [x, ...parameters]);
    expect([...(await kept.ids!.data())]).toEqual(ids('out.indices'));
    expectClose(await kept.output!.data(), rows('out.out'), about.tolerance, 'output');
    expectClose(await grads[x.name]!.data(), rows('out.grad_x'), about.tolerance, 'gradient of the latents');
    for (const p of list.all) {
      const [name, gradient] = [p.names[0]!, await grads[p.value.name]!.data()];
      expectClose(gradient, values(`out.grad.${name}`), about.tolerance, name);
      const moved = (await p.read()).map((v, i) => v - 0.1 * gradient[i]!);
      expectClose(moved, values(`out.after_sgd_lr0.1.${name}`), about.tolerance, `${name} after a step`);
    }
    tf.dispose([x, noise, upstream, value, ...Object.values(grads), ...Object.values(kept)]);
    for (const p of list.all) p.dispose();
  });

  test('without noise the code with the highest score is selected, as officially', async () => {
    const { about, memcodes, list, rows, byHead, ids } = reference();
    const x = tf.tensor2d(rows('in.x'), [12, 16]);
    const [logits, expected] = [codeLogits(memcodes, x), byHead('out.logits')];
    expectClose(await logits.data(), await expected.data(), about.tolerance, 'logits');
    const indices = lookUpIds(memcodes, x);
    expect([...(await indices.data())]).toEqual(ids('out.eval_indices'));
    const output = lookUpValues(memcodes, indices);
    expectClose(await output.data(), rows('out.eval_out'), about.tolerance, 'output');
    tf.dispose([x, logits, expected, indices, output]);
    for (const p of list.all) p.dispose();
  });
});

describe('on one backend', () => {
  onOneBackend();

  test('each head returns the mapped value of the code whose mapped key scores highest', async () => {
    const sizes = fc.record({
      heads: fc.integer({ min: 1, max: 3 }),
      n: fc.integer({ min: 1, max: 3 }),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ heads, n, seed }) => {
        const [size, width] = [5, 2];
        const { memcodes, list } = memory(heads, size, heads * width);
        const random = new Random(seed);
        for (const p of list.all) p.initialize(random);
        const latents = Float32Array.from({ length: n * heads * width }, () => random.normal());
        const ids = tf.tidy(() => lookUpIds(memcodes, tf.tensor2d(latents, [n, heads * width])));
        const values = lookUpValues(memcodes, ids);
        const [indices, output] = [await ids.data(), await values.data()];
        const [codes, keys, maps] = await Promise.all(list.all.map((p) => p.read()));
        /** Code k of a head through one of its two maps. */
        const mapped = (map: Float32Array, head: number, k: number) =>
          [0, 1].map((to) =>
            [0, 1].reduce((sum, from) => {
              const code = codes![(head * size + k) * width + from]!;
              return sum + code * map[(head * width + from) * width + to]!;
            }, 0),
          );
        indices.forEach((id, i) => {
          const head = i % heads;
          const fits = (k: number) =>
            mapped(keys!, head, k).reduce((sum, key, j) => sum + key * latents[i * width + j]!, 0);
          const best = Math.max(...Array.from({ length: size }, (_, k) => fits(k)));
          expect(fits(id)).toBeGreaterThan(best - 1e-4);
          const recalledHere = output.subarray(i * width, (i + 1) * width);
          expectClose(recalledHere, mapped(maps!, head, id), { rtol: 1e-4, atol: 1e-5 });
        });
        tf.dispose([ids, values]);
        for (const p of list.all) p.dispose();
      }),
      { numRuns: 20 },
    );
  });
});
