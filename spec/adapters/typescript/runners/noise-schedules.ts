import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { InvalidInputError } from '../../../../src/errors.js';
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
  pndm,
  predictionTarget,
  type Sampler,
  type TimestepSpacing,
  velocity,
} from '../../../../src/tokenizers/diffusion/index.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

/**
 * Arguments of the official schedulers; each accepts those of the others too. `mode` and the arguments after it belong to their
 * methods.
 */
const argumentsSchema = v.strictObject({
  beta_schedule: v.optional(v.string(), 'linear'),
  beta_start: v.optional(v.number()),
  beta_end: v.optional(v.number()),
  trained_betas: v.optional(v.null()),
  num_train_timesteps: v.optional(v.number()),
  prediction_type: v.optional(v.picklist(['epsilon', 'sample', 'v_prediction'])),
  zero_terminal_snr: v.optional(v.boolean(), true),
  clip_sample: v.optional(v.boolean(), true),
  clip_sample_range: v.optional(v.number(), 1),
  thresholding: v.optional(v.boolean(), false),
  dynamic_thresholding_ratio: v.optional(v.number(), 0.995),
  sample_max_value: v.optional(v.number(), 1),
  variance_type: v.optional(v.picklist(['fixed_small', 'fixed_small_log', 'fixed_large']), 'fixed_small'),
  skip_prk_steps: v.optional(v.boolean(), false),
  set_alpha_to_one: v.optional(v.boolean()),
  steps_offset: v.optional(v.number(), 0),
  timestep_spacing: v.optional(v.picklist(['leading', 'trailing', 'linspace'])),
});
type Arguments = v.InferOutput<typeof argumentsSchema>;

const SCHEDULERS = ['DDIMScheduler', 'DDPMScheduler', 'PNDMScheduler'] as const;
type Scheduler = (typeof SCHEDULERS)[number];

const stepsSchema = v.strictObject({
  scheduler: v.picklist(SCHEDULERS),
  args: argumentsSchema,
  num_inference_steps: v.number(),
  mode: v.nullable(v.picklist(['leading', 'trailing', 'linspace'])),
  eta: v.optional(v.number(), 0),
  use_clipped_model_output: v.optional(v.boolean(), false),
});
type StepsConfig = v.InferOutput<typeof stepsSchema>;

const tablesSchema = v.array(
  v.strictObject({ i: v.number(), scheduler: v.picklist(SCHEDULERS), args: argumentsSchema }),
);

/** `sched.tables`: the noise level of every timestep. */
export function noiseTables(task: Inputs, out: Outputs): void {
  for (const { i, scheduler, args } of optionsOf(tablesSchema, task.options.configs, 'configs')) {
    const schedule = scheduleOf(scheduler, args);
    const name = `out.${twoDigits(i)}`;
    out.tensor(`${name}.alphas_cumprod`, schedule.alphaBars, [schedule.alphaBars.length]);
    if (schedule.betas) out.tensor(`${name}.betas`, schedule.betas, [schedule.betas.length]);
    out.tensor(`${name}.final_alpha_cumprod`, [alphaBarAt(schedule, -1, endsAtOne(scheduler, args))], []);
  }
}

/** `sched.timesteps`: the training timesteps that a shorter sampling run uses. */
export function timesteps(task: Inputs, out: Outputs): void {
  const all = task.options.num_train_timesteps as number;
  (task.json() as { n: number; mode: TimestepSpacing }[]).forEach(({ mode, n }, i) => {
    out.value(`/${i}/timesteps`, denoisingTimesteps(mode, n, all));
  });
}

/** `sched.steps`: a whole sampling run with given network outputs, and noise and velocity of given images. */
export async function denoisingSteps(task: Inputs, out: Outputs): Promise<void> {
  const config = optionsOf(stepsSchema, task.config, 'config');
  await out.orReject(out.names, () => giveSteps(config, task, out));
}

function giveSteps(config: StepsConfig, task: Inputs, out: Outputs): void {
  const schedule = scheduleOf(config.scheduler, config.args);
  const shape = task.shape('in.sample0');
  const sampler = samplerOf(config, schedule, shape[0]!);
  out.tensor('out.timesteps', sampler.timesteps, [sampler.timesteps.length]);
  let sample = task.floats('in.sample0');
  for (const [k, timestep] of sampler.timesteps.entries()) {
    const at = twoDigits(k);
    const noise = `in.noise.${at}`;
    const drawn = task.has(noise) ? [...task.floats(noise)] : [];
    const random = { normal: () => drawn.shift() ?? Number.NaN };
    const step = sampler.step(sample, task.floats(`in.model_output.${at}`), timestep, random);
    out.tensor(`out.prev_sample.${at}`, step.next, shape);
    if (step.clean) out.tensor(`out.pred_original.${at}`, step.clean, shape);
    sample = step.next;
  }
  const [clean, noise, t] = [task.floats('in.clean'), task.floats('in.add_noise'), task.ints('in.t')];
  const images = task.shape('in.clean');
  out.tensor('out.noisy', addNoise(schedule, clean, noise, t), images);
  out.tensor('out.velocity', velocity(schedule, clean, noise, t), images);
  out.tensor('out.noise_from_velocity', noiseOfVelocity(schedule, clean, noise, t), images);
}

const lossSchema = v.strictObject({
  beta_schedule: v.string(),
  predictions: v.array(v.picklist(['epsilon', 'sample', 'v_prediction'])),
});

/** `sched.loss`: the loss of a given network output, for each prediction type. */
export async function diffusionLoss(task: Inputs, out: Outputs): Promise<void> {
  const { beta_schedule, predictions } = optionsOf(lossSchema, task.config, 'config');
  const schedule = noiseSchedule(beta_schedule, {});
  const [clean, noise, t] = [task.floats('in.clean'), task.floats('in.noise'), task.ints('in.t')];
  for (const prediction of predictions) {
    const target = predictionTarget(prediction, schedule, clean, noise, t);
    const loss = tf.tidy(() => tf.mean(tf.square(tf.sub(task.floats('in.output'), target))));
    await out.device(`out.loss.${prediction}`, loss);
    loss.dispose();
  }
}

function scheduleOf(scheduler: Scheduler, args: Arguments): NoiseSchedule {
  return noiseSchedule(args.beta_schedule, {
    ...(args.beta_start !== undefined && { betaStart: args.beta_start }),
    ...(args.beta_end !== undefined && { betaEnd: args.beta_end }),
    ...(args.num_train_timesteps !== undefined && { timesteps: args.num_train_timesteps }),
    zeroTerminalSnr: scheduler !== 'PNDMScheduler' && args.zero_terminal_snr,
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
        spacing: config.mode ?? 'trailing',
        eta: config.eta,
        noiseFromLimited: config.use_clipped_model_output,
        endsAtOne: endsAtOne(config.scheduler, args),
        offset: args.steps_offset,
      });
    case 'DDPMScheduler':
      return ddpm(schedule, steps, { prediction, limit, batch, variance: variance(args) });
    case 'PNDMScheduler':
      return pndm(schedule, steps, {
        prediction: noiseOrVelocity(args),
        spacing: config.mode ?? 'leading',
        skipRungeKutta: args.skip_prk_steps,
        endsAtOne: endsAtOne(config.scheduler, args),
        offset: args.steps_offset,
      });
  }
}

/** The `log` variants take the logarithm of the variance and its exponential: the same variance. */
function variance({ variance_type: type }: Arguments): 'fixed_small' | 'fixed_large' {
  return type === 'fixed_small_log' ? 'fixed_small' : type;
}

function noiseOrVelocity({ prediction_type: type = 'epsilon' }: Arguments): 'epsilon' | 'v_prediction' {
  if (type !== 'sample') return type;
  throw new InvalidInputError('config, "args.prediction_type": PNDM is for networks that predict noise or velocity');
}

function limitOf(args: Arguments): Limit | undefined {
  if (args.thresholding) return { percentile: args.dynamic_thresholding_ratio, highest: args.sample_max_value };
  return args.clip_sample ? { clip: args.clip_sample_range } : undefined;
}

/** Whether ᾱ after the last timestep is 1. The schedulers differ in this. */
function endsAtOne(scheduler: Scheduler, { set_alpha_to_one: given }: Arguments): boolean {
  return given ?? scheduler !== 'PNDMScheduler';
}

function twoDigits(index: number): string {
  return String(index).padStart(2, '0');
}
