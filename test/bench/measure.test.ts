import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { countedFlops } from '../../bench/flops.js';
import { measure } from '../../bench/measure.js';
import { ROWS } from '../../bench/rows/index.js';
import { headLine, resultLine } from '../../bench/table.js';
import { attention } from '../../src/nn/attention.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { Random } from '../../src/random.js';
import { buildDecoderBlock, decoderBlock } from '../../src/transformer/decoder-block.js';
import { decoderToken } from '../../src/transformer/fast/decoder-token.js';
import { onBackends } from '../on-backends.js';

const [B, H, M, N, D] = [2, 3, 4, 5, 8];

onBackends(['cpu', 'wasm'], (name) => {
  test('counts the multiplications and additions of products, whether a backend has kernels or not', async () => {
    const [x, y] = [tf.ones<tf.Rank.R3>([B, M, N]), tf.ones<tf.Rank.R2>([M, D])];
    const product = await countedFlops(async () => tf.matMul(x, y, true, false).dispose());
    expect(product.flops).toBe(2 * B * N * M * D);
    const q = tf.ones<tf.Rank.R3>([B, M, H * D]);
    const keys = tf.ones<tf.Rank.R3>([B, N, H * D]);
    const attended = await countedFlops(async () => attention(q, { keys, values: keys }, H).dispose());
    expect(attended.flops).toBe(4 * B * H * M * N * D);
    tf.dispose([x, y, q, keys]);
  });

  test.each(['f32', 'int8'] as const)(
    'counts those of a token in a decoder block in %s, however it is done',
    async (dtype) => {
      const [width, contextLength, pastLength] = [32, 5, 3];
      const list = new ParameterList();
      const biases = { qkvBias: false, projBias: false, mlpBias: false };
      const block = buildDecoderBlock(list, {
        ...biases,
        width,
        heads: 2,
        mlpRatio: 3,
        gatedMlp: true,
        activation: 'SiLU',
      });
      for (const parameter of list.all) {
        parameter.setDtype(dtype);
        parameter.initialize(new Random(0));
      }
      const of = (rows: number) => tf.ones<tf.Rank.R3>([1, rows, width]);
      const [y, context, before] = [of(1), of(contextLength), of(pastLength)];
      const cacheOf = (rows: tf.Tensor3D) => ({ keys: rows, values: rows });
      const { flops } = await countedFlops(async () => {
        const token =
          decoderToken(block, y, cacheOf(context), {}, cacheOf(before)) ??
          decoderBlock(block, y, cacheOf(context), {}, cacheOf(before));
        tf.dispose([token.output, token.present.keys, token.present.values]);
      });
      expect(flops).toBe(2 * (6 * width ** 2 + 3 * width * 2 * width) + 4 * width * (contextLength + pastLength + 1));
      tf.dispose([y, context, before]);
      for (const parameter of list.all) parameter.dispose();
    },
  );

  test('a row has a time, a rate and its share of the peak of the backend', async () => {
    const x = tf.ones<tf.Rank.R2>([64, 64]);
    const before = tf.memory().numTensors;
    let runs = 0;
    const run = async () => {
      runs++;
      tf.matMul(x, x).dispose();
    };
    const row = { name: 'a', about: 'b', runs: 2, prepare: async () => ({ run }) };
    const result = await measure(row, { name, description: 'D' }, 1);
    expect(runs).toBe(3);
    expect(tf.memory().numTensors).toBe(before);
    expect(result.gigaflops! * result.cpuSeconds).toBeCloseTo((2 * 64 ** 3) / 1e9, 6);
    expect(result.ofPeak).toBeGreaterThan(0);
    expect(result.flopsPerCycle! * result.cycles!).toBeCloseTo(2 * 64 ** 3, 0);
    expect(result.cycles! / result.cpuSeconds).toBeGreaterThan(1e8);
    expect([result.description, result.node]).toEqual(['D', process.version]);
    expect(result.tensorBytes).toBeGreaterThanOrEqual(2 * 4 * 64 ** 2);
    const columns = headLine().trim().split(/ {2,}/);
    expect(
      resultLine({ ...result, peer: { wallSeconds: 1, cpuSeconds: 1 }, toBaseline: 1 })
        .trim()
        .split(/ {2,}/),
    ).toHaveLength(columns.length);
    x.dispose();
  });
});

test('every row has a name of its own', () => {
  const names = ROWS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
