import * as v from 'valibot';
import { InvalidInputError } from '../../errors.js';
import { MAX_SIZE } from '../../nn/limits.js';
import type { Limit } from './prediction.js';
import { DENOISER_PRESETS, type DenoiserPreset } from './presets.js';
import { noiseSchedule } from './schedule.js';

/** The keys of a published DiVAE config for its decoder, with the official defaults. */
const schema = v.looseObject({
  dec_type: v.optional(v.string(), 'unet_patched'),
  scheduler: v.optional(v.picklist(['ddpm', 'ddim']), 'ddpm'),
  num_train_timesteps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(MAX_SIZE)), 1000),
  beta_schedule: v.optional(v.string(), 'squaredcos_cap_v2'),
  prediction_type: v.optional(v.picklist(['sample', 'epsilon', 'v_prediction']), 'v_prediction'),
  clip_sample: v.optional(v.boolean(), false),
  thresholding: v.optional(v.boolean(), true),
  zero_terminal_snr: v.optional(v.boolean(), true),
  conditioning: v.optional(v.picklist(['concat', 'xattn']), 'concat'),
});

/**
 * The decoder's part of a DiVAE configuration.
 *
 * @interface
 */
export type DiffusionConfig = v.InferOutput<typeof schema>;

/** @throws InvalidInputError naming the key that is missing, of the wrong type, or not supported */
export function parseDiffusionConfig(config: unknown): DiffusionConfig {
  const result = v.safeParse(schema, config);
  if (result.success) {
    noiseSchedule(result.output.beta_schedule, { timesteps: 2 }); // rejects an unknown name now, not when denoising
    return result.output;
  }
  const [issue] = result.issues;
  throw new InvalidInputError(`tokenizer config, "${v.getDotPath(issue) ?? ''}": ${issue.message}`);
}

/** The limit of predicted clean images. */
export function limitOf({ thresholding, clip_sample }: DiffusionConfig): Limit | undefined {
  if (thresholding) return { percentile: 0.995, highest: 1 };
  return clip_sample ? { clip: 1 } : undefined;
}

/**
 * The network of a published name.
 *
 * @param name such as `unet_patched` or `uvit_b_p4_f16`
 */
export function denoiserPreset(
  name: string,
  presets: Record<string, DenoiserPreset> = DENOISER_PRESETS,
): DenoiserPreset {
  if (!Object.hasOwn(presets, name)) {
    throw new InvalidInputError(`unknown diffusion decoder "${name}"; known are ${Object.keys(presets).join(', ')}`);
  }
  return presets[name]!;
}
