import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import { Random } from '../../../src/random.js';
import {
  addNoise,
  ddim,
  ddpm,
  type NoiseSchedule,
  noiseSchedule,
  type PredictionType,
  pndm,
  type Sampler,
  velocity,
} from '../../../src/tokenizers/diffusion/index.js';
import { noiseIn } from '../../../src/tokenizers/diffusion/prediction.js';
import { expectClose } from '../../vectors.js';
import { close, pixels, schedules } from './reference.js';

/** Runs a sampler on a network that knows the clean image, from `sample` on. */
function denoise(
  sampler: Sampler,
  schedule: NoiseSchedule,
  prediction: PredictionType,
  clean: Float32Array,
  sample: Float32Array,
): Float32Array {
  const random = new Random(1);
  let current = sample;
  for (const timestep of sampler.timesteps) {
    const noise = noiseIn(current, clean, schedule.alphaBars[timestep]!);
    const output = { epsilon: noise, sample: clean, v_prediction: velocity(schedule, clean, noise, [timestep]) };
    current = sampler.step(current, output[prediction], timestep, random).next;
  }
  return current;
}

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const stepsOf = (schedule: NoiseSchedule, of: number) => 1 + Math.floor(of * schedule.alphaBars.length);
const predictions = fc.constantFrom('sample' as const, 'v_prediction' as const);

describe('ddim', () => {
  const spacings = fc.constantFrom('leading' as const, 'trailing' as const, 'linspace' as const);

  it('recovers the image from a perfect prediction, with any spacing and amount of noise', () => {
    fc.assert(
      fc.property(
        fc.record({ schedule: schedules, of: share, spacing: spacings, prediction: predictions, eta: share }),
        fc.boolean(),
        pixels(4),
        pixels(4),
        ({ schedule, of, spacing, prediction, eta }, noiseFromLimited, clean, start) => {
          const options = { prediction, spacing, eta, noiseFromLimited, limit: { clip: 1.001 } };
          const sampler = ddim(schedule, stepsOf(schedule, of), options);
          expectClose(denoise(sampler, schedule, prediction, clean, start), clean, close);
        },
      ),
    );
  });

  it('keeps the initial noise without eta, at the noise level of the next timestep', () => {
    fc.assert(
      fc.property(pixels(4), pixels(4), (clean, noise) => {
        const schedule = noiseSchedule('linear');
        const sampler = ddim(schedule, 10, { prediction: 'epsilon', spacing: 'leading' });
        const [first, second] = sampler.timesteps as unknown as [number, number];
        const { next } = sampler.step(addNoise(schedule, clean, noise, [first]), noise, first, new Random(0));
        expectClose(next, addNoise(schedule, clean, noise, [second]), { rtol: 1e-3, atol: 1e-3 });
      }),
    );
  });

  it('ends at the noise of timestep 0 with `endsAtOne` false, with all timesteps offset', () => {
    const schedule = noiseSchedule('linear');
    const [clean, noise] = [Float32Array.of(0.5, -0.5), Float32Array.of(2, -1)];
    const sampler = ddim(schedule, 4, { prediction: 'sample', spacing: 'leading', offset: 1, endsAtOne: false });
    expect([...sampler.timesteps]).toEqual([751, 501, 251, 1]);
    const start = addNoise(schedule, clean, noise, [751]);
    expectClose(denoise(sampler, schedule, 'sample', clean, start), addNoise(schedule, clean, noise, [0]), close);
  });

  it('draws noise only with eta', () => {
    const schedule = noiseSchedule('linear');
    const two = Float32Array.of(0.5, -0.5);
    const drawn = (eta: number) => {
      let count = 0;
      const normal = () => {
        count++;
        return 0;
      };
      ddim(schedule, 10, { prediction: 'v_prediction', spacing: 'leading', eta }).step(two, two, 500, { normal });
      return count;
    };
    expect(drawn(0)).toBe(0);
    expect(drawn(0.5)).toBe(2);
  });
});

describe('ddpm', () => {
  it('recovers the image from a perfect prediction', () => {
    fc.assert(
      fc.property(
        fc.tuple(schedules, share, predictions, fc.constantFrom('fixed_small' as const, 'fixed_large' as const)),
        pixels(4),
        pixels(4),
        ([schedule, of, prediction, variance], clean, start) => {
          const sampler = ddpm(schedule, stepsOf(schedule, of), { prediction, variance });
          expectClose(denoise(sampler, schedule, prediction, clean, start), clean, close);
        },
      ),
    );
  });
});

describe('pndm', () => {
  it('follows constant noise all the way to the image', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 40 }), fc.boolean(), pixels(4), pixels(4), (steps, skip, clean, noise) => {
        const schedule = noiseSchedule('scaled_linear', { betaStart: 0.00085, betaEnd: 0.012 });
        const sampler = pndm(schedule, steps, { prediction: 'epsilon', skipRungeKutta: skip, endsAtOne: true });
        expect(sampler.timesteps).toHaveLength(skip ? steps + 1 : steps + 9);
        let sample = addNoise(schedule, clean, noise, [sampler.timesteps[0]!]);
        for (const timestep of sampler.timesteps) sample = sampler.step(sample, noise, timestep, new Random(0)).next;
        expectClose(sample, clean, { rtol: 1e-3, atol: 1e-3 });
      }),
    );
  });

  it('spaces timesteps as the reference does', () => {
    const timesteps = (spacing: 'trailing' | 'linspace') => [
      ...pndm(noiseSchedule('linear'), 6, { prediction: 'epsilon', spacing, skipRungeKutta: true }).timesteps,
    ];
    expect(timesteps('trailing')).toEqual([999, 832, 832, 666, 499, 332, 166]);
    expect(timesteps('linspace')).toEqual([999, 799, 799, 599, 400, 200, 0]);
  });

  it('rejects too few steps for Runge–Kutta, and a schedule that ends in pure noise', () => {
    const plain = noiseSchedule('linear');
    expect(() => pndm(plain, 3, { prediction: 'epsilon' })).toThrow(InvalidInputError);
    expect(pndm(plain, 1, { prediction: 'epsilon', skipRungeKutta: true }).timesteps).toEqual(Int32Array.of(0));
    const zero = noiseSchedule('linear', { zeroTerminalSnr: true });
    expect(() => pndm(zero, 10, { prediction: 'epsilon' })).toThrow(InvalidInputError);
  });
});

it('an output of another size than the sample is refused', () => {
  const schedule = noiseSchedule('linear');
  const samplers = [
    ddim(schedule, 5, { prediction: 'sample', spacing: 'leading' }),
    ddpm(schedule, 5, { prediction: 'sample' }),
    pndm(schedule, 5, { prediction: 'epsilon' }),
  ];
  for (const sampler of samplers) {
    const step = () => sampler.step(new Float32Array(2), new Float32Array(3), 0, new Random(0));
    expect(step).toThrow(InvalidInputError);
  }
});
