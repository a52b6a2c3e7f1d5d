import * as tf from '@tensorflow/tfjs-core';
import { ParameterList } from '../../nn/parameters.js';
import {
  type CodebookState,
  type CodebookTraining,
  kMeans,
  normalizedRows,
  updateCodebook,
} from '../../tokenizers/vq/codebook.js';
import { codebookUsage } from '../../tokenizers/vq/codebook-usage.js';
import { parseVqVaeConfig } from '../../tokenizers/vq/config.js';
import { buildQuantizer, type Quantizer, quantizeInTraining } from '../../tokenizers/vq/quantizer.js';
import type { ConformanceCase } from '../case.js';
import type { Comparison } from '../comparison.js';
import { channelsFirst, channelsLast } from './layouts.js';

/** `vq.kmeans`: codes made of a first batch, and how many of them are in use. */
export function kMeansAndUsage(reference: ConformanceCase, compare: Comparison): void {
  const named = /codebook_size (\d+)/.exec(String(reference.about.what))?.[1];
  for (const name of reference.data.tensors.keys()) {
    const [, kind, what] = /^out\.(\w+)\.(\w+)$/.exec(name) ?? [];
    if (kind === 'usage') {
      const window = Number(what!.replace('window', ''));
      compare.tensor(name, [codebookUsage(reference.ints('in.usage.tokens'), Number(named), window)]);
    } else if (kind !== undefined && what === 'means') {
      const samples = reference.floats(`in.${kind}.samples`);
      const width = reference.shape(`in.${kind}.samples`)[1]!;
      const cosine = kind === 'cosine';
      const start = reference.ints(`in.${kind}.initial_rows`);
      const { means, sizes } = kMeans(cosine ? normalizedRows(samples, width) : samples, start, width, cosine);
      compare.tensor(`out.${kind}.means`, means);
      compare.tensor(`out.${kind}.bins`, sizes);
    }
  }
}

interface TrainingConfig {
  readonly kind: 'CosineSim' | 'Euclidean';
  readonly dim: number;
  readonly codebook_size: number;
  readonly heads: number;
  readonly threshold_ema_dead_code: number;
  readonly code_replacement_policy: CodebookTraining['replacement'];
  readonly commitment_weight: number;
  readonly decay: number;
  readonly norm_latents: boolean;
  readonly steps: number;
}

/** `vq.train_ema`: what a quantizer gives in training, its gradient, and how its codes move. */
export async function movingAverage(reference: ConformanceCase, compare: Comparison): Promise<void> {
  const c = reference.about.config as unknown as TrainingConfig;
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
      const name = parameter.names.map((n) => `in.state.${n}`).find((n) => reference.data.tensors.has(n));
      parameter.load(name ? reference.floats(name) : new Float32Array(parameter.size));
    }
    for (let step = 0; step < c.steps; step++) await trainingStep(reference, compare, quantizer, c, step);
  } finally {
    for (const parameter of list.all) parameter.dispose();
  }
}

async function trainingStep(
  reference: ConformanceCase,
  compare: Comparison,
  quantizer: Quantizer,
  c: TrainingConfig,
  step: number,
): Promise<void> {
  const rows = (name: string) => channelsLast(reference.floats(name), reference.shape(name));
  const input = rows(`in.x.${step}`);
  const shape: [number, number] = [input.length / c.dim, c.dim];
  const x = tf.variable(tf.tensor2d(input, shape));
  const upstream = tf.tensor2d(rows(`in.grad.${step}`), shape);
  const kept: Record<string, tf.Tensor> = {};
  const { value, grads } = tf.variableGrads(() => {
    const { output, ids, commitment, latents } = quantizeInTraining(quantizer, x as tf.Tensor2D);
    const loss = tf.mul(c.commitment_weight, commitment);
    Object.assign(kept, { output, ids, loss, latents });
    for (const tensor of Object.values(kept)) tf.keep(tensor);
    return tf.add(tf.sum(tf.mul(output, upstream)), loss) as tf.Scalar;
  }, [x]);
  const read = async (tensor: tf.Tensor) => (await tensor.data()) as Float32Array;
  const ids = await kept.ids!.data();
  const quantized = `out.quant.${step}`;
  const gradient = `out.grad_x.${step}`;
  compare.tensor(`out.indices.${step}`, ids);
  compare.tensor(quantized, channelsFirst(await read(kept.output!), reference.shape(quantized)));
  compare.tensor(`out.loss.${step}`, await read(kept.loss!));
  compare.tensor(gradient, channelsFirst(await read(grads[x.name]!), reference.shape(gradient)));
  const latents = await read(kept.latents!);
  tf.dispose([x, upstream, value, ...Object.values(grads), ...Object.values(kept)]);

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
  updateCodebook(state, latents, ids, training, () => reference.ints(`in.replacement_rows.${step}`));
  quantizer.codes.load(state.codes);
  quantizer.usage.load(state.usage);
  if (state.sums) quantizer.sums!.load(state.sums);
  const buffer = (key: string, values: ArrayLike<number>) =>
    compare.tensor(`out.state.${step}._codebook.${key}`, values);
  buffer('embed', state.codes);
  buffer('cluster_size', state.usage);
  if (state.sums) buffer('embed_avg', state.sums);
  buffer('initted', await quantizer.initialized.read());
}
