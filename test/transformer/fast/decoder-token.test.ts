import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { additiveMask, type KVCache } from '../../../src/nn/attention.js';
import { DECODER_TOKEN } from '../../../src/nn/kernels/declarations.js';
import { ParameterList } from '../../../src/nn/parameters.js';
import { buildDecoderBlock, decoderBlock } from '../../../src/transformer/decoder-block.js';
import { decoderToken } from '../../../src/transformer/fast/decoder-token.js';
import { fill, normals, release } from '../../nn/plain.js';
import { onBackends } from '../../on-backends.js';
import { expectClose } from '../../vectors.js';

const CLOSE = { rtol: 1e-5, atol: 1e-5 };

const cases = fc.record({
  heads: fc.constantFrom(1, 2, 3),
  headWidth: fc.constantFrom(16, 32),
  bias: fc.boolean(),
  dtype: fc.constantFrom('f32' as const, 'f16' as const, 'int8' as const),
  length: fc.integer({ min: 1, max: 20 }),
  masked: fc.boolean(),
  // With what memory grows by, and the tokens next to it.
  tokens: fc.oneof(fc.integer({ min: 2, max: 9 }), fc.constantFrom(15, 16, 17, 18, 34)),
  seed: fc.nat(999),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function blockFor({ heads, headWidth, bias, dtype, seed }: Case) {
  const list = new ParameterList();
  const block = buildDecoderBlock(list, {
    width: heads * headWidth,
    heads,
    qkvBias: bias,
    projBias: bias,
    mlpBias: bias,
    mlpRatio: 3,
    gatedMlp: true,
    activation: 'SiLU',
  });
  for (const parameter of list.all) parameter.setDtype(dtype);
  fill(list, seed);
  // Sums of about 1, however wide: else what is composed is off by more than the tolerance.
  for (const parameter of list.all) {
    if (parameter.shape.length !== 2) continue;
    const values = normals(parameter.size, seed + parameter.size);
    parameter.load(values.map((value) => value / Math.sqrt(parameter.shape[1]!)));
  }
  return { list, block };
}

onBackends(['wasm'], () => {
  test('tokens one by one equal all at once', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const { heads, headWidth, length, tokens, seed } = given;
        const width = heads * headWidth;
        const { list, block } = blockFor(given);
        const before = tf.memory().numTensors;
        const of = (rows: number, shift: number) => tf.tensor3d(normals(rows * width, seed + shift), [1, rows, width]);
        const context = { keys: of(length, 1), values: of(length, 2) };
        const hidden = Array.from({ length: length }, (_, n) => Number(given.masked && n % 3 === 1));
        const mask = given.masked ? additiveMask(hidden, [1, 1, length]) : undefined;
        const masks = mask ? { context: mask } : {};
        const y = of(tokens, 3);
        const later = Array.from({ length: tokens ** 2 }, (_, i) => Number(i % tokens > Math.floor(i / tokens)));
        const whole = tf.tidy(
          () => decoderBlock(block, y, context, { ...masks, self: additiveMask(later, [1, tokens, tokens]) }).output,
        );

        const outputs: tf.Tensor3D[] = [];
        let past: KVCache | undefined;
        let byKernel = 0;
        for (let i = 0; i < tokens; i++) {
          const token = tf.slice(y, [0, i, 0], [1, 1, width]);
          const step = decoderToken(block, token, context, masks, past);
          if (step) byKernel++;
          const { output, present } = step ?? decoderBlock(block, token, context, masks);
          tf.dispose([token, ...(past ? [past.keys, past.values] : [])]);
          past = present;
          outputs.push(output);
        }
        expect(byKernel).toBe(tokens - 1);
        expect(past!.keys.shape).toEqual([1, tokens, width]);
        const together = tf.concat(outputs, 1);
        expectClose(await together.data(), await whole.data(), CLOSE);
        tf.dispose([whole, together, y, ...outputs, ...Object.values(context), past!.keys, past!.values]);
        mask?.dispose();
        expect(tf.memory().numTensors).toBe(before);
        release(list);
      }),
      { numRuns: 40 },
    );
  });

  test('blocks that the kernel does not support use the composition', () => {
    const kernel = tf.getKernel(DECODER_TOKEN, 'wasm');
    expect(kernel).toBeDefined();
    const width = 32;
    const config = { width, heads: 2, qkvBias: false, projBias: false, mlpBias: false, mlpRatio: 3, gatedMlp: true };
    const [y, past] = tf.tidy(() => [tf.ones([1, 1, width]), tf.ones([1, 3, width])]) as [tf.Tensor3D, tf.Tensor3D];
    const cache = { keys: past, values: past };
    for (const other of [
      { activation: 'GELU' as const },
      { gatedMlp: false },
      { qkNorm: true },
      { heads: 8 },
      { mlpRatio: 2.9 },
    ]) {
      const list = new ParameterList();
      const block = buildDecoderBlock(list, { ...config, activation: 'SiLU', ...other });
      fill(list);
      expect(decoderToken(block, y, cache, {}, cache)).toBeUndefined();
      release(list);
    }
    tf.dispose([y, past]);
  });
});
