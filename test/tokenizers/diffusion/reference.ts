import fc from 'fast-check';
import { type NoiseSchedule, noiseSchedule } from '../../../src/tokenizers/diffusion/index.js';

/** Every kind of schedule, of few timesteps, with or without zero terminal SNR. */
export const schedules: fc.Arbitrary<NoiseSchedule> = fc
  .record({
    name: fc.oneof(
      fc.constantFrom('linear', 'scaled_linear', 'sigmoid', 'squaredcos_cap_v2'),
      fc.double({ min: 0.1, max: 4, noNaN: true }).map((shift) => `shifted_cosine:${shift}`),
    ),
    timesteps: fc.integer({ min: 2, max: 60 }),
    zeroTerminalSnr: fc.boolean(),
  })
  .map(({ name, ...options }) => noiseSchedule(name, options));

/** `n` pixel values in [-1, 1]. */
export const pixels = (n: number): fc.Arbitrary<Float32Array> =>
  fc
    .array(fc.integer({ min: -100, max: 100 }), { minLength: n, maxLength: n })
    .map((v) => Float32Array.from(v, (x) => x / 100));

/** Within what single precision leaves of values around 1. */
export const close = { rtol: 1e-4, atol: 1e-4 };
