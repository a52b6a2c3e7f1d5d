import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampledTokens } from '../../../src/decoding/logits-readout.js';
import { decodingRandomness, type SamplingOptions, sampleToken } from '../../../src/decoding/sampling.js';
import { FourMError } from '../../../src/errors.js';
import { MAX_SAMPLED_VOCABULARY, SAMPLE } from '../../../src/nn/kernels/declarations.js';
import { Random } from '../../../src/random.js';
import { onEachBackend } from '../../on-backends.js';

/** Tokens of a backend, from logits [R, V]. */
async function drawn(values: Float32Array, rows: number, options: SamplingOptions, seed: number) {
  const before = tf.memory().numTensors;
  const readout = sampledTokens([rows], { ...options, randomness: decodingRandomness(new Random(seed)) });
  const logits = tf.tensor2d(values, [rows, values.length / rows]);
  const reduced = readout.reduce(logits);
  const read = (await reduced.data()) as Int32Array;
  tf.dispose([logits, reduced]);
  expect(tf.memory().numTensors).toBe(before);
  return readout.parse(read);
}

/** Tokens sampled on the host. */
function reference(values: Float32Array, rows: number, options: SamplingOptions, seed: number) {
  const random = new Random(seed);
  const width = values.length / rows;
  const row = (r: number) => values.subarray(r * width, (r + 1) * width);
  return Array.from({ length: rows }, (_, r) => sampleToken(row(r), options, random.uniform()));
}

/** Logits with a range of `spread`; with few different values, many are equal. */
function someLogits(size: number, spread: number, values: number, seed: number): Float32Array {
  const random = new Random(seed);
  const distinct = Float32Array.from({ length: values }, () => spread * random.normal());
  return Float32Array.from({ length: size }, () => distinct[random.integer(0, values - 1)]!);
}

const options = fc.record({
  temperature: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0.05, max: 5, noNaN: true })),
  topK: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1, noNaN: true }), fc.integer({ min: 1, max: 60 })),
  topP: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1.2, noNaN: true })),
});

onEachBackend((name) => {
  test('the same tokens and probabilities on every backend, to the last bit', async () => {
    const row = fc.record({
      rows: fc.integer({ min: 1, max: 5 }),
      vocabulary: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 700 })),
      spread: fc.constantFrom(0.1, 1, 3, 20),
      values: fc.constantFrom(3, 1000),
      seed: fc.nat(999),
      options,
    });
    const check = fc.asyncProperty(row, async ({ rows, vocabulary, spread, values, seed, options }) => {
      const logits = someLogits(rows * vocabulary, spread, values, seed);
      expect(await drawn(logits, rows, options, seed)).toEqual(reference(logits, rows, options, seed));
    });
    await fc.assert(check, { numRuns: name === 'webgpu' ? 30 : 300 });
  });

  test.each<SamplingOptions>([
    { temperature: 1 },
    { temperature: 0.7, topP: 0.9 },
    { temperature: 2, topK: 200 },
    { temperature: 1, topK: 0.1, topP: 0.95 },
    { temperature: 0 },
  ])('the same for a vocabulary of 30,000, with %j', async (options) => {
    const rows = name === 'webgpu' ? 4 : 40;
    for (const spread of [0.5, 3]) {
      const logits = someLogits(rows * 30_000, spread, 20_000, 3);
      expect(await drawn(logits, rows, options, 11)).toEqual(reference(logits, rows, options, 11));
    }
  });

  test('tokens of probability 0 are never sampled, and -0 equals 0', async () => {
    const logits = Float32Array.of(-Infinity, -0, 0, -Infinity, 0, -0, -Infinity, -Infinity, -0);
    for (const options of [{ temperature: 1 }, { temperature: 1, topK: 3 }, { temperature: 3, topK: 8, topP: 0.99 }]) {
      for (let seed = 0; seed < 5; seed++) {
        const expected = reference(logits, 1, options, seed);
        expect(expected[0]!.probability).toBeCloseTo(0.2);
        expect(await drawn(logits, 1, options, seed)).toEqual(expected);
      }
    }
  });

  test.each([
    ['NaN', Float32Array.of(1, 2, Number.NaN, 4, 5, 0, 0, 0, 0, 0)],
    ['infinity', Float32Array.of(1, 2, 3, 4, 5, 0, 0, 0, 0, Infinity)],
    ['nothing', Float32Array.of(1, 2, 3, 4, 5, ...Array<number>(5).fill(-Infinity))],
  ])('a row of %s is rejected', async (_, logits) => {
    for (const options of [{ temperature: 1 }, { temperature: 0 }, { temperature: 1, topK: 2, topP: 0.5 }]) {
      await expect(drawn(logits, 2, options, 1)).rejects.toThrow(FourMError);
    }
  });

  test('a vocabulary beyond the limit of the kernels is sampled on the host', async () => {
    const logits = someLogits(MAX_SAMPLED_VOCABULARY + 1, 2, 1000, 4);
    expect(await drawn(logits, 1, { temperature: 1 }, 5)).toEqual(reference(logits, 1, { temperature: 1 }, 5));
  });

  test('wasm and WebGPU have a kernel', () => {
    expect(tf.getKernel(SAMPLE, tf.getBackend()) !== undefined).toBe(name === 'wasm' || name === 'webgpu');
  });
});
