import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import {
  addNoise,
  alphaBarAt,
  noiseOfVelocity,
  noiseSchedule,
  velocity,
} from '../../../src/tokenizers/diffusion/index.js';
import { cleanAndNoise, limited } from '../../../src/tokenizers/diffusion/prediction.js';
import { expectClose } from '../../vectors.js';
import { close, pixels, schedules } from './reference.js';

const noised = fc
  .tuple(schedules, pixels(6), pixels(6), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))
  .map(([schedule, clean, noise, at]) => {
    const timestep = Math.floor(at * schedule.alphaBars.length);
    const noisy = addNoise(schedule, clean, noise, [timestep]);
    return { schedule, clean, noise, timestep, noisy, alphaBar: alphaBarAt(schedule, timestep) };
  });

describe('noise and velocity', () => {
  it('are inverse', () => {
    fc.assert(
      fc.property(noised, ({ schedule, clean, noise, timestep, noisy }) => {
        const v = velocity(schedule, clean, noise, [timestep]);
        expectClose(noiseOfVelocity(schedule, noisy, v, [timestep]), noise, close);
      }),
    );
  });

  it('use the timestep of each image', () => {
    const schedule = noiseSchedule('linear');
    const clean = Float32Array.of(1, 1, -1, -1);
    const noise = new Float32Array(4);
    const [a, b] = [Math.sqrt(alphaBarAt(schedule, 10)), Math.sqrt(alphaBarAt(schedule, 900))];
    expectClose(addNoise(schedule, clean, noise, [10, 900]), [a, a, -b, -b], close);
  });

  it('reject sizes or timesteps that do not match', () => {
    const schedule = noiseSchedule('linear');
    const [four, three] = [new Float32Array(4), new Float32Array(3)];
    expect(() => addNoise(schedule, four, three, [1])).toThrow(InvalidInputError);
    expect(() => velocity(schedule, three, three, [1, 2])).toThrow(InvalidInputError);
    expect(() => noiseOfVelocity(schedule, four, four, [1000])).toThrow(InvalidInputError);
  });
});

describe('cleanAndNoise', () => {
  it('finds the clean image and the noise from any kind of prediction', () => {
    fc.assert(
      fc.property(noised, ({ schedule, clean, noise, timestep, noisy, alphaBar }) => {
        const v = cleanAndNoise('v_prediction', velocity(schedule, clean, noise, [timestep]), noisy, alphaBar);
        expectClose(v.clean, clean, close);
        expectClose(v.noise, noise, close);
        // The other two divide by √ᾱ and √(1−ᾱ), which blows up the rounding of the noisy image.
        if (alphaBar > 0.01) expectClose(cleanAndNoise('epsilon', noise, noisy, alphaBar).clean, clean, close);
        if (alphaBar < 0.99) expectClose(cleanAndNoise('sample', clean, noisy, alphaBar).noise, noise, close);
      }),
    );
  });
});

describe('limited', () => {
  it('clips to the range', () => {
    expect(limited(Float32Array.of(-3, -0.5, 3), { clip: 2 }, 1)).toEqual(Float32Array.of(-2, -0.5, 2));
  });

  it('scales each image down from the percentile of its values, but never up', () => {
    const clean = Float32Array.of(-1, 2, 4, 0.25, 0.5, -0.5);
    const result = limited(clean, { percentile: 0.75, highest: 10 }, 2);
    expect(result).toEqual(Float32Array.of(-1 / 3, 2 / 3, 1, 0.25, 0.5, -0.5));
  });

  it('is a plain clip where the percentile may not pass 1', () => {
    fc.assert(
      fc.property(pixels(8), (values) => {
        const wide = values.map((x) => 5 * x);
        expect(limited(wide, { percentile: 0.995, highest: 1 }, 2)).toEqual(limited(wide, { clip: 1 }, 2));
      }),
    );
  });

  it('refuses values that are not a batch', () => {
    expect(() => limited(new Float32Array(5), { percentile: 0.5, highest: 1 }, 2)).toThrow(InvalidInputError);
  });
});
