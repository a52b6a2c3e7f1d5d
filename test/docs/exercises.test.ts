/** The solutions of the exercises against the library. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { cosineCounts } from '../../docs/exercises/1-schedule.js';
import { nearestCode } from '../../docs/exercises/2-nearest-code.js';
import { attend } from '../../docs/exercises/3-attention.js';
import { maskWords } from '../../docs/exercises/4-spans.js';
import { guided } from '../../docs/exercises/5-guidance.js';
import { ddimStep } from '../../docs/exercises/6-ddim.js';
import { guide } from '../../src/decoding/guidance.js';
import { tokenSchedule } from '../../src/decoding/schedules.js';
import { maskSpans } from '../../src/masking/span-mask.js';
import { attention } from '../../src/nn/attention.js';
import { Random } from '../../src/random.js';
import { ddim } from '../../src/tokenizers/diffusion/ddim.js';
import { alphaBarAt, noiseSchedule } from '../../src/tokenizers/diffusion/schedule.js';
import { nearestDirections } from '../../src/tokenizers/vq/directions.js';

beforeAll(() => useBackend('cpu'));
afterAll(releaseBackend);

const number = fc.double({ min: -3, max: 3, noNaN: true, noDefaultInfinity: true });
const vector = (length: number) => fc.array(number, { minLength: length, maxLength: length });
const matrix = (rows: number, columns: number) => fc.array(vector(columns), { minLength: rows, maxLength: rows });

function expectNear(found: readonly number[], expected: ArrayLike<number>): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4);
  });
}

test('1: the schedule is the library’s, which leaves out steps without tokens', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 300 }), (steps, tokens) => {
      const counts = cosineCounts(steps, tokens);
      expect(counts.reduce((a, b) => a + b)).toBe(tokens);
      expect(counts.filter((count) => count > 0)).toEqual(tokenSchedule('cosine', steps, tokens));
    }),
  );
});

test('2: the code is the library’s', () => {
  const longEnough = (row: readonly number[]) => Math.hypot(...row) > 0.1;
  fc.assert(
    fc.property(
      vector(4).filter(longEnough),
      fc.array(vector(4).filter(longEnough), { minLength: 1, maxLength: 20 }),
      (latent, codes) => {
        const found = nearestCode(latent, codes);
        const [expected] = nearestDirections(Float32Array.from(latent), Float32Array.from(codes.flat()), 4);
        const cosine = (code: readonly number[]) =>
          code.reduce((sum, value, i) => sum + value * latent[i]!, 0) / Math.hypot(...code) / Math.hypot(...latent);
        // Two codes may be equally near within rounding.
        expect(Math.abs(cosine(codes[found]!) - cosine(codes[expected!]!))).toBeLessThan(1e-5);
      },
    ),
  );
});

test('3: attention is the library’s, with and without a mask', () => {
  fc.assert(
    fc.property(matrix(3, 4), matrix(5, 4), matrix(5, 4), fc.boolean(), (queries, keys, values, causal) => {
      const visible = (m: number, n: number) => !causal || n <= m;
      const expected = tf.tidy(() => {
        const mask = tf.tensor4d([[queries.map((_, m) => keys.map((_, n) => (visible(m, n) ? 0 : -1e30)))]]);
        const kv = { keys: tf.tensor3d([keys]), values: tf.tensor3d([values]) };
        return attention(tf.tensor3d([queries]), kv, 1, mask).dataSync();
      });
      expectNear(attend(queries, keys, values, visible).flat(), expected);
    }),
    { numRuns: 30 },
  );
});

test('4: the spans are the library’s', () => {
  expect(maskWords('a red ball behind a blue box'.split(' '), [false, true, false, false, true, true, false])).toEqual({
    input: 'a [S_1] ball behind [S_2] box',
    target: '[S_1] red [S_2] a blue [S_3]',
  });
  const sentinelIds = Array.from({ length: 20 }, (_, k) => 100 + k);
  const word = (id: number) => (id > 100 ? `[S_${id - 100}]` : `w${id}`);
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), (masked) => {
      const words = masked.map((_, i) => `w${i}`);
      const { input, target } = maskSpans(
        words.map((_, i) => [i]),
        Float64Array.from(masked, (is) => (is ? 1 : 0)),
        0.5,
        sentinelIds,
      );
      expect(maskWords(words, masked)).toEqual({
        input: Array.from(input, word).join(' '),
        target: Array.from(target, word).join(' '),
      });
    }),
  );
});

test('5: guidance is the library’s', () => {
  fc.assert(
    fc.property(vector(6), matrix(2, 6), vector(2), (without, conditional, weights) => {
      const expected = tf.tidy(() =>
        guide(
          tf.tensor1d(without),
          conditional.map((logits) => tf.tensor1d(logits)),
          weights,
        ).dataSync(),
      );
      expectNear(guided(without, conditional, weights), expected);
    }),
    { numRuns: 30 },
  );
});

test('6: the step is the library’s, and the last one gives the clean image', () => {
  const schedule = noiseSchedule('linear', { timesteps: 100 });
  fc.assert(
    fc.property(vector(5), vector(5), fc.integer({ min: 0, max: 9 }), (noisy, clean, index) => {
      const sampler = ddim(schedule, 10, { prediction: 'sample', spacing: 'trailing' });
      const t = sampler.timesteps[index]!;
      const [x, y] = [Float32Array.from(noisy), Float32Array.from(clean)];
      const { next } = sampler.step(x, y, t, new Random(0));
      const found = ddimStep(noisy, clean, alphaBarAt(schedule, t), alphaBarAt(schedule, t - 10));
      expectNear(found, next);
      if (index === 9) expectNear(found, clean);
    }),
  );
});
