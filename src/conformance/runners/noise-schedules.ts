import {
  addNoise,
  alphaBarAt,
  ddim,
  ddpm,
  denoisingTimesteps,
  type Limit,
  type NoiseSchedule,
  noiseOfVelocity,
  noiseSchedule,
  type PredictionType,
  pndm,
  type Sampler,
  type TimestepSpacing,
  velocity,
} from '../../tokenizers/diffusion/index.js';
import type { ConformanceCase } from '../case.js';
import type { Comparison } from '../comparison.js';

/** Arguments of an official scheduler. */
interface Arguments {
  readonly beta_schedule: string;
  readonly beta_start?: number;
  readonly beta_end?: number;
  readonly num_train_timesteps?: number;
  readonly prediction_type?: PredictionType;
  readonly zero_terminal_snr?: boolean;
  readonly clip_sample?: boolean;
  readonly clip_sample_range?: number;
  readonly thresholding?: boolean;
  readonly dynamic_thresholding_ratio?: number;
  readonly sample_max_value?: number;
  readonly variance_type?: 'fixed_small' | 'fixed_large';
  readonly skip_prk_steps?: boolean;
  readonly set_alpha_to_one?: boolean;
  readonly steps_offset?: number;
}

interface StepsConfig {
  readonly scheduler: 'DDIMScheduler' | 'DDPMScheduler' | 'PNDMScheduler';
  readonly args: Arguments;
  readonly num_inference_steps: number;
  readonly mode: TimestepSpacing | null;
  readonly eta: number;
  readonly use_clipped_model_output: boolean;
}

/** `sched.tables`: how noisy every timestep is. */
export function noiseTables(reference: ConformanceCase, compare: Comparison): void {
  const configs = reference.about.configs as { i: number; scheduler: string; args: Arguments }[];
  for (const { i, scheduler, args } of configs) {
    const schedule = scheduleOf(scheduler, args);
    const name = `out.${twoDigits(i)}`;
    compare.tensor(`${name}.alphas_cumprod`, schedule.alphaBars);
    if (schedule.betas) compare.tensor(`${name}.betas`, schedule.betas);
    const end = `${name}.final_alpha_cumprod`;
    if (compare.expects(end)) compare.tensor(end, [alphaBarAt(schedule, -1, endsAtOne(scheduler, args))]);
  }
}

/** `sched.timesteps`: which of 1000 timesteps a shorter run goes through. */
export function timesteps(reference: ConformanceCase, compare: Comparison): void {
  (reference.json() as { n: number; mode: TimestepSpacing }[]).forEach((entry, i) => {
    compare.entry(`[${i}]`, entry, ['n', 'mode'], { timesteps: [...denoisingTimesteps(entry.mode, entry.n, 1000)] });
  });
}

/** `sched.steps`: a whole run on given outputs of the network, and noise and velocity of given images. */
export function denoisingSteps(reference: ConformanceCase, compare: Comparison): void {
  const config = reference.about.config as unknown as StepsConfig;
  const schedule = scheduleOf(config.scheduler, config.args);
  const sampler = samplerOf(config, schedule, reference.shape('in.sample0')[0]!);
  compare.tensor('out.timesteps', sampler.timesteps);
  let sample = reference.floats('in.sample0');
  for (const [k, timestep] of sampler.timesteps.entries()) {
    const at = twoDigits(k);
    const noise = `in.noise.${at}`;
    const drawn = compare.expects(noise) ? [...reference.floats(noise)] : [];
    const random = { normal: () => drawn.shift() ?? Number.NaN };
    const step = sampler.step(sample, reference.floats(`in.model_output.${at}`), timestep, random);
    compare.tensor(`out.prev_sample.${at}`, step.next);
    if (step.clean) compare.tensor(`out.pred_original.${at}`, step.clean);
    sample = step.next;
  }
  const [clean, noise, t] = [reference.floats('in.clean'), reference.floats('in.add_noise'), reference.ints('in.t')];
  compare.tensor('out.noisy', addNoise(schedule, clean, noise, t));
  if (!compare.expects('out.velocity')) return;
  compare.tensor('out.velocity', velocity(schedule, clean, noise, t));
  compare.tensor('out.noise_from_velocity', noiseOfVelocity(schedule, clean, noise, t));
}

function scheduleOf(scheduler: string, args: Arguments): NoiseSchedule {
  return noiseSchedule(args.beta_schedule, {
    ...(args.beta_start !== undefined && { betaStart: args.beta_start }),
    ...(args.beta_end !== undefined && { betaEnd: args.beta_end }),
    ...(args.num_train_timesteps !== undefined && { timesteps: args.num_train_timesteps }),
    zeroTerminalSnr: scheduler !== 'PNDMScheduler' && (args.zero_terminal_snr ?? true),
  });
}

function samplerOf(config: StepsConfig, schedule: NoiseSchedule, batch: number): Sampler {
  const { args, num_inference_steps: steps } = config;
  const prediction = args.prediction_type ?? 'v_prediction';
  const limit = limitOf(args);
  switch (config.scheduler) {
    case 'DDIMScheduler':
      return ddim(schedule, steps, {
        prediction,
        limit,
        batch,
        spacing: config.mode!,
        eta: config.eta,
        noiseFromLimited: config.use_clipped_model_output,
        endsAtOne: endsAtOne(config.scheduler, args),
        offset: args.steps_offset ?? 0,
      });
    case 'DDPMScheduler':
      return ddpm(schedule, steps, { prediction, limit, batch, variance: args.variance_type ?? 'fixed_small' });
    case 'PNDMScheduler':
      return pndm(schedule, steps, {
        prediction: args.prediction_type === 'v_prediction' ? 'v_prediction' : 'epsilon',
        spacing: config.mode!,
        skipRungeKutta: args.skip_prk_steps ?? false,
        endsAtOne: endsAtOne(config.scheduler, args),
        offset: args.steps_offset ?? 0,
      });
  }
}

function limitOf(args: Arguments): Limit | undefined {
  if (args.thresholding) {
    return { percentile: args.dynamic_thresholding_ratio ?? 0.995, highest: args.sample_max_value ?? 1 };
  }
  return (args.clip_sample ?? true) ? { clip: args.clip_sample_range ?? 1 } : undefined;
}

/** The schedulers differ in what they take ᾱ for past the last timestep. */
function endsAtOne(scheduler: string, { set_alpha_to_one: given }: Arguments): boolean {
  return given ?? scheduler !== 'PNDMScheduler';
}

function twoDigits(index: number): string {
  return String(index).padStart(2, '0');
}
