import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  addNoise,
  alphaBarAt,
  ddim,
  ddpm,
  denoisingTimesteps,
  type Limit,
  noiseOfVelocity,
  noiseSchedule,
  type PredictionType,
  pndm,
  type Sampler,
  type TimestepSpacing,
  velocity,
} from '../../../src/tokenizers/diffusion/index.js';
import { expectClose, vectorCase } from '../../vectors.js';

/** Arguments of an official scheduler. */
interface Arguments {
  beta_schedule: string;
  beta_start?: number;
  beta_end?: number;
  prediction_type?: PredictionType;
  zero_terminal_snr?: boolean;
  clip_sample?: boolean;
  thresholding?: boolean;
  variance_type?: 'fixed_small' | 'fixed_large';
  skip_prk_steps?: boolean;
  set_alpha_to_one?: boolean;
  steps_offset?: number;
}

interface StepsConfig {
  scheduler: 'DDIMScheduler' | 'DDPMScheduler' | 'PNDMScheduler';
  args: Arguments;
  num_inference_steps: number;
  mode: TimestepSpacing | null;
  eta: number;
  use_clipped_model_output: boolean;
}

function scheduleOf(scheduler: string, args: Arguments) {
  return noiseSchedule(args.beta_schedule, {
    ...(args.beta_start === undefined ? {} : { betaStart: args.beta_start }),
    ...(args.beta_end === undefined ? {} : { betaEnd: args.beta_end }),
    zeroTerminalSnr: scheduler !== 'PNDMScheduler' && (args.zero_terminal_snr ?? true),
  });
}

function samplerOf(config: StepsConfig, batch: number): Sampler {
  const { scheduler, args, num_inference_steps: steps } = config;
  const schedule = scheduleOf(scheduler, args);
  const limit: Limit | undefined = args.thresholding
    ? { percentile: 0.995, highest: 1 }
    : (args.clip_sample ?? true)
      ? { clip: 1 }
      : undefined;
  const prediction = args.prediction_type ?? 'v_prediction';
  switch (scheduler) {
    case 'DDIMScheduler':
      return ddim(schedule, steps, {
        prediction,
        limit,
        batch,
        spacing: config.mode!,
        eta: config.eta,
        noiseFromLimited: config.use_clipped_model_output,
      });
    case 'DDPMScheduler':
      return ddpm(schedule, steps, { prediction, limit, batch, variance: args.variance_type ?? 'fixed_small' });
    case 'PNDMScheduler':
      return pndm(schedule, steps, {
        prediction: 'epsilon',
        spacing: config.mode!,
        skipRungeKutta: args.skip_prk_steps ?? false,
        endsAtOne: args.set_alpha_to_one ?? false,
        offset: args.steps_offset ?? 0,
      });
  }
}

describe('noise schedules equal the reference', () => {
  const { about, data } = vectorCase('sched_tables');
  const { configs } = about as unknown as { configs: { i: number; scheduler: string; args: Arguments }[] };

  it.each(configs)('$i: $scheduler, $args.beta_schedule', ({ i, scheduler, args }) => {
    const schedule = scheduleOf(scheduler, args);
    const of = (what: string) => `out.${String(i).padStart(2, '0')}.${what}`;
    expectClose(schedule.alphaBars, data.read(of('alphas_cumprod')) as Float32Array, about.tolerance);
    expect(schedule.betas !== undefined).toBe(data.tensors.has(of('betas')));
    if (schedule.betas) expectClose(schedule.betas, data.read(of('betas')) as Float32Array, about.tolerance);
    const end = of('final_alpha_cumprod');
    if (data.tensors.has(end)) {
      const last = alphaBarAt(schedule, -1, scheduler !== 'PNDMScheduler');
      expectClose([last], data.read(end) as Float32Array, about.tolerance);
    }
  });
});

describe('timesteps equal the reference', () => {
  const path = new URL('../../../spec/vectors/sched_timesteps/data.json', import.meta.url);
  const cases = JSON.parse(readFileSync(path).toString()) as {
    n: number;
    mode: TimestepSpacing;
    timesteps: number[];
  }[];

  it.each(cases)('$mode, $n steps', ({ n, mode, timesteps }) => {
    expect([...denoisingTimesteps(mode, n, 1000)]).toEqual(timesteps);
  });
});

describe.each([
  'sched_ddim_eps',
  'sched_ddim_eta',
  'sched_ddim_sample',
  'sched_ddim_v',
  'sched_ddpm_sample',
  'sched_ddpm_v_large',
  'sched_pndm',
  'sched_pndm_prk',
])('%s', (name) => {
  const { about, data } = vectorCase(name);
  const config = about.config as unknown as StepsConfig;
  const read = (tensor: string) => data.read(tensor) as Float32Array;

  it('steps equal the reference', () => {
    const sampler = samplerOf(config, data.tensors.get('in.sample0')!.shape[0]!);
    expect([...sampler.timesteps]).toEqual([...read('out.timesteps')]);
    let sample = read('in.sample0');
    sampler.timesteps.forEach((timestep, k) => {
      const at = String(k).padStart(2, '0');
      const drawn = data.tensors.has(`in.noise.${at}`) ? [...read(`in.noise.${at}`)] : [];
      const random = { normal: () => drawn.shift() ?? Number.NaN };
      const step = sampler.step(sample, read(`in.model_output.${at}`), timestep, random);
      expectClose(step.next, read(`out.prev_sample.${at}`), about.tolerance, `sample after step ${k}`);
      expect(step.clean !== undefined).toBe(data.tensors.has(`out.pred_original.${at}`));
      if (step.clean) expectClose(step.clean, read(`out.pred_original.${at}`), about.tolerance, `x0 of step ${k}`);
      sample = step.next;
    });
  });

  it('noise and velocity equal the reference', () => {
    const schedule = scheduleOf(config.scheduler, config.args);
    const [clean, noise, timesteps] = [read('in.clean'), read('in.add_noise'), read('in.t')];
    expectClose(addNoise(schedule, clean, noise, timesteps), read('out.noisy'), about.tolerance);
    if (!data.tensors.has('out.velocity')) return;
    expectClose(velocity(schedule, clean, noise, timesteps), read('out.velocity'), about.tolerance);
    const recovered = noiseOfVelocity(schedule, clean, noise, timesteps);
    expectClose(recovered, read('out.noise_from_velocity'), about.tolerance);
  });
});
