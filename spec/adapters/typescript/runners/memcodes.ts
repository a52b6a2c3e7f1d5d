import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { ParameterList } from '../../../../src/nn/parameters.js';
import { parseVqVaeConfig } from '../../../../src/tokenizers/vq/config.js';
import {
  buildMemcodes,
  codeLogits,
  lookUpIds,
  lookUpInTraining,
  lookUpValues,
} from '../../../../src/tokenizers/vq/memcodes.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';
import { channelsFirst, channelsLast } from './layouts.js';

const schema = v.strictObject({
  dim: v.number(),
  codebook_size: v.number(),
  heads: v.number(),
  temperature: v.optional(v.number(), 1),
  /** Of the step of gradient descent, and what its results are called before a parameter's name. */
  sgd_learning_rate: v.number(),
  sgd_results: v.string(),
});

/** `vq.train_memcodes`: a training step with given noise, its gradients, and the lookup without noise. */
export async function memory(task: Inputs, out: Outputs): Promise<void> {
  const c = optionsOf(schema, task.config, 'config');
  const list = new ParameterList();
  const sizes = { codebook_size: c.codebook_size, num_codebooks: c.heads, latent_dim: c.dim };
  const memcodes = buildMemcodes(list, parseVqVaeConfig({ ...sizes, quant_type: 'memcodes' }));
  const input = channelsLast(task.floats('in.x'), task.shape('in.x'));
  const shape: [number, number] = [input.length / c.dim, c.dim];
  const x = tf.variable(tf.tensor2d(input, shape));
  const upstream = tf.tensor2d(channelsLast(task.floats('in.grad'), task.shape('in.grad')), shape);
  const noise = tf.tidy(() => headsFirst(tf.tensor(task.floats('in.gumbel'), [...task.shape('in.gumbel')])));
  const kept: { output?: tf.Tensor; ids?: tf.Tensor } = {};
  const tensors: tf.Tensor[] = [];
  try {
    for (const p of list.all) p.load(task.floats(`in.state.${p.names[0]}`));
    const { value, grads } = tf.variableGrads(() => {
      const { output, ids } = lookUpInTraining(memcodes, x as tf.Tensor2D, noise, c.temperature);
      Object.assign(kept, { output: tf.keep(output), ids: tf.keep(ids) });
      return tf.sum(tf.mul(output, upstream)) as tf.Scalar;
    }, [x, ...list.all.map((p) => p.value)]);
    tensors.push(value, ...Object.values(grads), kept.output!, kept.ids!);
    const quiet = lookUpIds(memcodes, x as tf.Tensor2D);
    const logits = codeLogits(memcodes, x as tf.Tensor2D);
    const output = lookUpValues(memcodes, quiet);
    tensors.push(quiet, logits, output);
    const [b, , ...axes] = task.shape('in.x') as [number, number, ...number[]];
    const images = async (name: string, tensor: tf.Tensor, channels: number) => {
      const shape = [b, channels, ...axes];
      out.tensor(name, channelsFirst((await tensor.data()) as Float32Array | Int32Array, shape), shape);
    };
    await images('out.out', kept.output!, c.dim);
    await images('out.grad_x', grads[x.name]!, c.dim);
    await images('out.eval_out', output, c.dim);
    // With one head there is no head axis to transpose.
    const ids = async (name: string, tensor: tf.Tensor) =>
      c.heads > 1 ? images(name, tensor, c.heads) : out.tensor(name, await tensor.data(), [b, ...axes]);
    await ids('out.indices', kept.ids!);
    await ids('out.eval_indices', quiet);
    const byBatch = tf.tidy(() => batchFirst(logits, task.shape('in.gumbel')));
    tensors.push(byBatch);
    await out.device('out.logits', byBatch);
    // The codes are trained by gradients only.
    out.tensor('out.loss', [0], [1]);
    for (const p of list.all) {
      const gradient = await grads[p.value.name]!.data();
      out.tensor(`out.grad.${p.names[0]}`, gradient, p.shape);
      const moved = (await p.read()).map((value, i) => value - c.sgd_learning_rate * gradient[i]!);
      out.tensor(`${c.sgd_results}${p.names[0]}`, moved, p.shape);
    }
  } finally {
    tf.dispose([x, upstream, noise, ...tensors]);
    for (const p of list.all) p.dispose();
  }
}

/** [B, heads, N, K] to [heads, B·N, K] */
function headsFirst(values: tf.Tensor): tf.Tensor3D {
  const [b, heads, n, k] = values.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(values, [1, 0, 2, 3]), [heads, b * n, k]);
}

/** [heads, B·N, K] to [B, heads, N, K]; `shape` is that of the result. */
function batchFirst(values: tf.Tensor3D, shape: readonly number[]): tf.Tensor {
  const [b, heads, n, k] = shape as [number, number, number, number];
  return tf.transpose(tf.reshape(values, [heads, b, n, k]), [1, 0, 2, 3]);
}
