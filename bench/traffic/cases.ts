/** The kernels of WebGPU at the sizes of 4M-21_B. */
import * as tf from '@tensorflow/tfjs-core';
import { sampledTokens } from '../../src/decoding/logits-readout.js';
import { decodingRandomness } from '../../src/decoding/sampling.js';
import { attention } from '../../src/nn/attention.js';
import { ATTENTION, LAYER_NORM, LINEAR, SWIGLU } from '../../src/nn/kernels/declarations.js';
import { kernelOrFallback } from '../../src/nn/kernels/run-kernel.js';
import { buildLayerNorm, layerNorm } from '../../src/nn/layer-norm.js';
import { buildLinear, linear } from '../../src/nn/linear.js';
import { packedRows } from '../../src/nn/packed/packed-matrix.js';
import type { WeightDtype } from '../../src/nn/packed/packing.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { Random } from '../../src/random.js';
import { fillParameters } from '../weights.js';

/** An operation whose memory traffic is counted. */
export interface Case {
  readonly about: string;
  /** The named kernel to compare with tfjs's operations, if any. */
  readonly kernel?: string;
  /** Prepares its inputs. */
  prepare(): {
    /** Size of its operands and its result in 4-byte numbers: the minimum traffic. */
    readonly numbers: number;
    compute(): tf.Tensor;
  };
}

const [TOKENS, WIDTH, HEADS, HIDDEN, WORDS] = [196, 768, 12, 2048, 30_000];

function noise<S extends tf.Rank>(shape: tf.ShapeMap[S]): tf.Tensor<S> {
  const random = new Random(0);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape,
  );
}

function attentionCase(queries: number, keys: number): Case {
  return {
    about: `attention of ${queries} to ${keys}, ${HEADS} heads of ${WIDTH / HEADS}`,
    kernel: ATTENTION,
    prepare() {
      const of = (count: number) => noise<tf.Rank.R3>([1, count, WIDTH]);
      const [q, cache] = [of(queries), { keys: of(keys), values: of(keys) }];
      return { numbers: 2 * (q.size + cache.keys.size), compute: () => attention(q, cache, HEADS) };
    },
  };
}

function linearCase(rows: number, input: number, output: number, dtype: WeightDtype): Case {
  return {
    about: `[${rows}, ${input}] × [${input}, ${output}] + bias, weights in ${dtype}`,
    ...(dtype === 'f32' && { kernel: LINEAR }),
    prepare() {
      const list = new ParameterList();
      const layer = buildLinear(list, input, output);
      layer.weight.setDtype(dtype);
      fillParameters(list.all);
      const x = noise<tf.Rank.R2>([rows, input]);
      const weights = layer.weight.byteLengthAs(dtype) / 4 + output;
      return { numbers: rows * (input + output) + weights, compute: () => linear(layer, x) };
    },
  };
}

function rowsCase(dtype: 'f16' | 'int8'): Case {
  return {
    about: `${TOKENS} of ${WORDS} rows of ${WIDTH}, in ${dtype}`,
    prepare() {
      const list = new ParameterList();
      const { weight } = buildLinear(list, WIDTH, WORDS, false);
      weight.setDtype(dtype);
      fillParameters(list.all);
      const rows = tf.tensor1d(Int32Array.from({ length: TOKENS }, (_, i) => 151 * i));
      const numbers = TOKENS * (weight.byteLengthAs(dtype) / 4 / WORDS + 1 + WIDTH);
      return { numbers, compute: () => packedRows(weight.packed, tf.cast(rows, 'int32')) };
    },
  };
}

function samplingCase(rows: number, vocabulary: number, filter: { topK?: number; topP?: number }): Case {
  const how = Object.entries(filter).map(([key, value]) => `, ${key} ${value}`);
  return {
    about: `${rows} tokens drawn from ${vocabulary}${how}`,
    prepare() {
      const logits = noise<tf.Rank.R2>([rows, vocabulary]);
      const compute = () => {
        return sampledTokens([rows], {
          temperature: 1,
          ...filter,
          randomness: decodingRandomness(new Random(9)),
        }).reduce(logits);
      };
      return { numbers: logits.size + 5 * rows, compute };
    },
  };
}

/** All cases. */
export const CASES: readonly Case[] = [
  attentionCase(TOKENS, TOKENS),
  attentionCase(1, 255),
  {
    about: `layer norm of [${TOKENS}, ${WIDTH}]`,
    kernel: LAYER_NORM,
    prepare() {
      const list = new ParameterList();
      const layer = buildLayerNorm(list, WIDTH);
      fillParameters(list.all);
      const x = noise<tf.Rank.R2>([TOKENS, WIDTH]);
      return { numbers: 2 * x.size + 2 * WIDTH, compute: () => layerNorm(layer, x) };
    },
  },
  {
    about: `silu(a) · b of [${TOKENS}, ${HIDDEN}]`,
    kernel: SWIGLU,
    prepare() {
      const [gate, x] = [noise<tf.Rank.R2>([TOKENS, HIDDEN]), noise<tf.Rank.R2>([TOKENS, HIDDEN])];
      const composed = () => tf.mul(tf.mul(gate, tf.sigmoid(gate)), x);
      return { numbers: 3 * x.size, compute: () => tf.tidy(() => kernelOrFallback(SWIGLU, { gate, x }, {}, composed)) };
    },
  },
  ...([1, 16, TOKENS] as const).flatMap((rows) => [
    linearCase(rows, WIDTH, HIDDEN, 'f32'),
    linearCase(rows, WIDTH, HIDDEN, 'f16'),
    linearCase(rows, WIDTH, HIDDEN, 'int8'),
  ]),
  linearCase(1, WIDTH, WORDS, 'f32'),
  linearCase(1, WIDTH, WORDS, 'int8'),
  rowsCase('f16'),
  rowsCase('int8'),
  samplingCase(TOKENS, 8192, {}),
  samplingCase(32, WORDS, {}),
  samplingCase(32, WORDS, { topP: 0.9 }),
  samplingCase(32, WORDS, { topK: 50 }),
];
