import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { type Parameter, ParameterList } from '../../../../src/nn/parameters.js';
import { type CodebookState, updateCodebook } from '../../../../src/tokenizers/vq/codebook.js';
import { parseVqVaeConfig } from '../../../../src/tokenizers/vq/config.js';
import { nearestDirections, normalizedRows } from '../../../../src/tokenizers/vq/directions.js';
import {
  buildQuantizer,
  type Quantizer,
  quantizeInTraining,
  splitHeads,
} from '../../../../src/tokenizers/vq/quantizer.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';
import { channelsFirst, channelsLast } from './layouts.js';

const schema = v.strictObject({
  kind: v.picklist(['CosineSim', 'Euclidean']),
  dim: v.number(),
  codebook_size: v.number(),
  heads: v.number(),
  threshold_ema_dead_code: v.number(),
  code_replacement_policy: v.picklist(['batch_random', 'linde_buzo_gray']),
  commitment_weight: v.number(),
  decay: v.number(),
  norm_latents: v.boolean(),
  steps: v.number(),
});
type TrainingConfig = v.InferOutput<typeof schema>;

/** `vq.train_ema`: a training step of a quantizer: outputs, gradient, and updated codes. */
export async function movingAverage(task: Inputs, out: Outputs): Promise<void> {
  const c = optionsOf(schema, task.config, 'config');
  const list = new ParameterList();
  const config = parseVqVaeConfig({
    codebook_size: c.codebook_size,
    latent_dim: c.dim,
    num_codebooks: c.heads,
    norm_codes: c.kind === 'CosineSim',
    norm_latents: c.norm_latents,
  });
  const quantizer = buildQuantizer(list, config);
  try {
    for (const parameter of list.all) {
      const name = parameter.names.find((n) => task.has(`in.state.${n}`));
      parameter.load(name ? task.floats(`in.state.${name}`) : new Float32Array(parameter.size));
    }
    for (let step = 0; step < c.steps; step++) {
      const { latents, ids } = await gradientStep(task, out, quantizer, c, step);
      await moveCodes(task, quantizer, c, step, latents, ids);
      await giveState(out, list.all, step);
    }
  } finally {
    for (const parameter of list.all) parameter.dispose();
  }
}

async function gradientStep(
  task: Inputs,
  out: Outputs,
  quantizer: Quantizer,
  c: TrainingConfig,
  step: number,
): Promise<{ latents: Float32Array; ids: Int32Array }> {
  const rows = (name: string) => channelsLast(task.floats(name), task.shape(name));
  const input = rows(`in.x.${step}`);
  const shape: [number, number] = [input.length / c.dim, c.dim];
  const x = tf.variable(tf.tensor2d(input, shape));
  const upstream = tf.tensor2d(rows(`in.grad.${step}`), shape);
  const codes = await codesOfCopies(quantizer, c, x as tf.Tensor2D);
  const kept: Record<string, tf.Tensor> = {};
  const { value, grads } = tf.variableGrads(() => {
    const { output, ids, commitment, latents } = quantizeInTraining(quantizer, x as tf.Tensor2D, codes);
    const loss = tf.mul(c.commitment_weight, commitment);
    Object.assign(kept, { output, ids, loss, latents });
    for (const tensor of Object.values(kept)) tf.keep(tensor);
    return tf.add(tf.sum(tf.mul(output, upstream)), loss) as tf.Scalar;
  }, [x]);
  const read = async (tensor: tf.Tensor) => (await tensor.data()) as Float32Array;
  const [ids, latents] = [(await kept.ids!.data()) as Int32Array, await read(kept.latents!)];
  const [indices, quantized, gradient] = [`out.indices.${step}`, `out.quant.${step}`, `out.grad_x.${step}`];
  const [b, , ...axes] = task.shape(`in.x.${step}`) as [number, number, ...number[]];
  // With one head there is no head axis to transpose.
  if (c.heads > 1) out.tensor(indices, channelsFirst(ids, [b, c.heads, ...axes]), [b, c.heads, ...axes]);
  else out.tensor(indices, ids, [b, ...axes]);
  const rowsAsImage = (values: Float32Array) => channelsFirst(values, [b, c.dim, ...axes]);
  out.tensor(quantized, rowsAsImage(await read(kept.output!)), [b, c.dim, ...axes]);
  out.tensor(`out.loss.${step}`, await read(kept.loss!), [1]);
  out.tensor(gradient, rowsAsImage(await read(grads[x.name]!)), [b, c.dim, ...axes]);
  tf.dispose([x, upstream, value, ...Object.values(grads), ...Object.values(kept)]);
  return { latents, ids };
}

/** The selected codes if some codes are duplicates. */
async function codesOfCopies(quantizer: Quantizer, c: TrainingConfig, x: tf.Tensor2D): Promise<Int32Array | undefined> {
  if (c.kind !== 'CosineSim' || c.code_replacement_policy !== 'linde_buzo_gray') return undefined;
  const split = tf.tidy(() => tf.clone(splitHeads(quantizer, x)));
  const latents = (await split.data()) as Float32Array;
  split.dispose();
  const compared = quantizer.normLatents ? normalizedRows(latents, c.dim) : latents;
  return nearestDirections(compared, await quantizer.codes.read(), c.dim);
}

async function moveCodes(
  task: Inputs,
  quantizer: Quantizer,
  c: TrainingConfig,
  step: number,
  latents: Float32Array,
  ids: Int32Array,
): Promise<void> {
  const state: CodebookState = {
    codes: await quantizer.codes.read(),
    usage: await quantizer.usage.read(),
    sums: await quantizer.sums?.read(),
  };
  const training = {
    cosine: c.kind === 'CosineSim',
    decay: c.decay,
    deadThreshold: c.threshold_ema_dead_code,
    replacement: c.code_replacement_policy,
  };
  // The reference orders the latents by (sample, head, position), we by (sample, position, head).
  const [batch = 1] = task.shape(`in.x.${step}`);
  const positions = ids.length / (batch * c.heads);
  const rows = () =>
    task.ints(`in.replacement_rows.${step}`).map((row) => {
      const [sample, head, position] = [
        Math.floor(row / (positions * c.heads)),
        Math.floor(row / positions) % c.heads,
        row % positions,
      ];
      return (sample * positions + position) * c.heads + head;
    });
  updateCodebook(state, latents, ids, training, rows);
  quantizer.codes.load(state.codes);
  quantizer.usage.load(state.usage);
  if (state.sums) quantizer.sums!.load(state.sums);
}

/** Adds the whole state of the quantizer, updated or not. */
async function giveState(out: Outputs, parameters: readonly Parameter[], step: number): Promise<void> {
  for (const parameter of parameters) {
    const name = `out.state.${step}.${parameter.names[0]}`;
    if (out.wants(name)) out.tensor(name, await parameter.read(), parameter.shape);
  }
}
