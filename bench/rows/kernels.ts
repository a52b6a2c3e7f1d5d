/** The kernels, at the sizes of 4M-21_B. */
import * as tf from '@tensorflow/tfjs-core';
import { sampledTokens } from '../../src/decoding/logits-readout.js';
import { decodingRandomness } from '../../src/decoding/sampling.js';
import { attention } from '../../src/nn/attention.js';
import { buildConvolution, convolution } from '../../src/nn/convolution.js';
import { SWIGLU } from '../../src/nn/kernels/declarations.js';
import { kernelOrFallback } from '../../src/nn/kernels/run-kernel.js';
import { buildLayerNorm, layerNorm } from '../../src/nn/layer-norm.js';
import { buildLinear, linear } from '../../src/nn/linear.js';
import type { WeightDtype } from '../../src/nn/packed/packing.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { Random } from '../../src/random.js';
import { finished } from '../measure.js';
import type { Row } from '../row.js';
import { fillParameters } from '../weights.js';

const RUNS = 15;
const [TOKENS, WIDTH, HEADS, HIDDEN] = [196, 768, 12, 2048];
/** Of a large product. */
const SIDE = 1024;

function noise<S extends tf.Rank>(shape: tf.ShapeMap[S], seed: number): tf.Tensor<S> {
  const random = new Random(seed);
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal());
  return tf.tensor(values, shape);
}

/** Repetitions of an operation that is too short to be timed. */
const TIMES = 20;

function repeated(compute: () => tf.Tensor) {
  const run = async () => {
    for (let i = 1; i < TIMES; i++) compute().dispose();
    // Backends compute in order: when the last is done, all are. Waiting for each would dominate the time on a GPU.
    await finished(compute);
  };
  return { run, times: TIMES };
}

const kernel = (name: string, about: string, prepare: Row['prepare']): Row => ({
  name: `kernel/${name}`,
  about,
  runs: RUNS,
  prepare,
});

function attentionRow(name: string, queries: number, keys: number): Row {
  const about = `attention of ${queries} to ${keys}, ${HEADS} heads of ${WIDTH / HEADS}`;
  return kernel(name, about, async () => {
    const at = (count: number, seed: number) => noise<tf.Rank.R3>([1, count, WIDTH], seed);
    const [q, cache] = [at(queries, 1), { keys: at(keys, 2), values: at(keys, 3) }];
    return repeated(() => attention(q, cache, HEADS));
  });
}

function linearRow(name: string, rows: number, input: number, output: number, dtype: WeightDtype = 'f32'): Row {
  const about = `[${rows}, ${input}] × [${input}, ${output}]${dtype === 'f32' ? '' : `, weights in ${dtype}`}`;
  return kernel(name, about, async () => {
    const list = new ParameterList();
    const layer = buildLinear(list, input, output, false);
    layer.weight.setDtype(dtype);
    fillParameters(list.all);
    const x = noise<tf.Rank.R3>([1, rows, input], 4);
    const bytes = rows === 1 ? { bytes: layer.weight.byteLengthAs(dtype) } : {};
    return { ...repeated(() => linear(layer, x)), ...bytes };
  });
}

function productRow(name: string): Row {
  const about = `[${SIDE}, ${SIDE}] × [${SIDE}, ${SIDE}]${name === 'product' ? '' : ', without relaxed SIMD'}`;
  return kernel(name, about, async () => {
    const x = noise<tf.Rank.R2>([SIDE, SIDE], 4);
    return { run: () => finished(() => tf.matMul(x, x)) };
  });
}

function convolutionRow(name: string, side: number, channels: number): Row {
  return kernel(name, `3×3 convolution of ${side}×${side} pixels, ${channels} channels to as many`, async () => {
    const list = new ParameterList();
    const layer = buildConvolution(list, channels, channels);
    fillParameters(list.all);
    const x = noise<tf.Rank.R4>([1, side, side, channels], 5);
    const run = () => finished(() => convolution(layer, x));
    return { run };
  });
}

function samplingRow(name: string, rows: number, vocabulary: number, filter: { topK?: number; topP?: number }): Row {
  const how = Object.entries(filter).map(([key, value]) => `, ${key} ${value}`);
  return kernel(name, `${rows} tokens drawn from ${vocabulary}${how}`, async () => {
    const logits = noise<tf.Rank.R2>([rows, vocabulary], 8);
    const draws = decodingRandomness(new Random(9));
    const run = async () => {
      const readout = sampledTokens([rows], { temperature: 1, ...filter, randomness: draws });
      const reduced = readout.reduce(logits);
      readout.parse((await reduced.data()) as Int32Array);
      if (reduced !== logits) reduced.dispose();
    };
    return { run, bytes: 4 * rows * vocabulary };
  });
}

/** Attention, layer norm, SwiGLU, linear maps, sampling. */
export const kernelRows: readonly Row[] = [
  attentionRow('attention', TOKENS, TOKENS),
  attentionRow('attention-one', 1, 255),
  kernel('layer-norm', `layer norm of [${TOKENS}, ${WIDTH}]`, async () => {
    const list = new ParameterList();
    const layer = buildLayerNorm(list, WIDTH);
    fillParameters(list.all);
    const x = noise<tf.Rank.R2>([TOKENS, WIDTH], 5);
    return { ...repeated(() => layerNorm(layer, x)), bytes: 8 * TOKENS * WIDTH };
  }),
  kernel('swiglu', `silu(a) · b of [${TOKENS}, ${HIDDEN}]`, async () => {
    const [gate, x] = [noise<tf.Rank.R2>([TOKENS, HIDDEN], 6), noise<tf.Rank.R2>([TOKENS, HIDDEN], 7)];
    const composed = () => tf.tidy(() => tf.mul(tf.mul(gate, tf.sigmoid(gate)), x));
    return { ...repeated(() => kernelOrFallback(SWIGLU, { gate, x }, {}, composed)), bytes: 12 * TOKENS * HIDDEN };
  }),
  linearRow('linear', TOKENS, WIDTH, HIDDEN),
  linearRow('linear-f16', TOKENS, WIDTH, HIDDEN, 'f16'),
  linearRow('linear-int8', TOKENS, WIDTH, HIDDEN, 'int8'),
  linearRow('linear-int8-dynamic', TOKENS, WIDTH, HIDDEN, 'int8-dynamic'),
  linearRow('linear-one', 1, WIDTH, 30000),
  linearRow('linear-one-f16', 1, WIDTH, 30000, 'f16'),
  linearRow('linear-one-int8', 1, WIDTH, 30000, 'int8'),
  productRow('product'),
  { ...productRow('product-plain'), relaxedSimd: false },
  convolutionRow('convolution', 28, 512),
  samplingRow('sampling', 32, 30_000, {}),
  samplingRow('sampling-top-p', 32, 30_000, { topP: 0.9 }),
  samplingRow('sampling-top-k', 32, 30_000, { topK: 50 }),
  samplingRow('sampling-image', TOKENS, 8192, {}),
];
