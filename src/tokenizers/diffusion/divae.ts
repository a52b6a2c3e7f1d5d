import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { fromPatches, type PatchLayout } from '../../nn/patches.js';
import type { Random } from '../../random.js';
import type { VitPreset } from '../vq/config.js';
import type { Grid } from '../vq/vit.js';
import { buildVqEncoder, tokensToEmbedding, type VqEncoder } from '../vq/vqvae.js';
import { type DiffusionConfig, denoiserPreset, limitOf, parseDiffusionConfig } from './config.js';
import { ddim } from './ddim.js';
import { ddpm } from './ddpm.js';
import { buildDenoiser, type Denoiser, denoise } from './denoiser.js';
import { pndm } from './pndm.js';
import type { DenoiserPreset } from './presets.js';
import { noiseLike, type Sampler } from './sampler.js';
import { noiseSchedule } from './schedule.js';
import type { TimestepSpacing } from './timesteps.js';

/**
 * A tokenizer of images whose decoder paints by diffusion, with the tokens as its condition. (`DiVAE` officially; 4M,
 * section 3.1.) Tokens are made by `tokenize`, as those of every other tokenizer.
 */
export interface DiVae extends VqEncoder {
  readonly denoiser: Denoiser;
  readonly diffusion: DiffusionConfig;
  /** Side of the patches that the decoder cuts noise into. */
  readonly patch: number;
}

/** The architectures that a config may name, where they are other than the usual ones. */
export interface DiVaePresets {
  readonly encoders?: Record<string, VitPreset>;
  readonly denoisers?: Record<string, DenoiserPreset>;
}

/**
 * Builds a tokenizer from its configuration alone; its parameters hold no values yet.
 *
 * @param config with the published keys
 * @throws InvalidInputError naming the key that is wrong
 */
export function buildDiVae(config: unknown, presets: DiVaePresets = {}): DiVae {
  const half = buildVqEncoder(config, presets.encoders);
  const diffusion = parseDiffusionConfig(config);
  const preset = denoiserPreset(diffusion.dec_type, presets.denoisers);
  const denoiser = buildDenoiser(half.parameters.scope('decoder'), preset, {
    channels: half.config.n_channels,
    conditionWidth: half.config.latent_dim,
    conditioning: diffusion.conditioning,
  });
  return { ...half, denoiser, diffusion, patch: preset.patch };
}

/** Steps of a painting, if nobody says how many. */
const STEPS = 50;

/** How an image is painted from tokens. */
export interface DiffusionOptions {
  /** Steps of denoising, each a call to the network (of PNDM some have more); 50, as in the official demos, if not given. */
  readonly steps?: number;
  /**
   * What takes the steps: that of the config if not given, which is officially `ddpm` where it says nothing. The published
   * decoders were evaluated with `ddim`. `pndm` is for networks that predict noise or velocity, and does without zero
   * terminal SNR.
   */
  readonly sampler?: 'ddim' | 'ddpm' | 'pndm';
  /** Which timesteps a shorter run visits; officially `trailing` for DDIM, `leading` for PNDM. DDPM knows `leading` only. */
  readonly spacing?: TimestepSpacing;
  /** Where the noise comes from. */
  readonly random: Pick<Random, 'normal'>;
  /** Height and width of the picture that each image was cut from, [B, 2]; for decoders that are told. */
  readonly original?: ArrayLike<number>;
  /** Stops between two steps. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every step. */
  readonly onStep?: ((done: number, total: number) => void) | undefined;
}

/**
 * Paints images from tokens: sets out from noise, and yields what every step makes of it, the result last.
 *
 * @param ids   [B, h·w]; with several codebooks [B, codebooks, h·w]
 * @param grid  h and w
 * @returns     values as the tokenizer was trained on, [B, H, W, C]
 * @throws InvalidInputError for ids that are not in the codebook, not a whole number of grids, a wrong number of steps, and a
 *         sampler that does not go with the tokenizer
 * @throws CancelledError when the signal fires
 */
export async function* sampleImages(
  model: DiVae,
  ids: Int32Array,
  grid: Grid,
  options: DiffusionOptions,
): AsyncGenerator<Float32Array, void> {
  const batch = batchOf(model, ids, grid);
  const layout = outputLayout(model, grid);
  const perPatch = layout.channels * model.patch ** 2;
  const shape: [number, number, number] = [batch, layout.grid[0] * layout.grid[1], perPatch];
  const sampler = samplerOf(model.diffusion, batch, options);
  const codes = tf.tidy(() => {
    const tokens = tf.tensor3d(ids, [batch, model.quantizer.heads, grid[0] * grid[1]], 'int32');
    const embedded = tokensToEmbedding(model, tokens);
    return tf.reshape(embedded, [batch, grid[0], grid[1], -1]) as tf.Tensor4D;
  });
  try {
    let image: Float32Array = noiseLike(new Float32Array(batch * shape[1] * perPatch), options.random);
    for (const [i, step] of sampler.timesteps.entries()) {
      await pauseOrCancel(options.signal, 'painting');
      const steps = new Int32Array(batch).fill(step);
      const denoising = { steps, condition: { codes }, ...(options.original && { original: options.original }) };
      const prediction = tf.tidy(() => denoise(model.denoiser, tf.tensor3d(image, shape), layout.grid, denoising));
      const output = (await prediction.data()) as Float32Array;
      prediction.dispose();
      image = sampler.step(image, output, step, options.random).next;
      options.onStep?.(i + 1, sampler.timesteps.length);
      yield fromPatches(image, layout);
    }
  } finally {
    codes.dispose();
  }
}

/** The result of {@link sampleImages}, with its arguments and errors. */
export async function detokenizeByDiffusion(
  model: DiVae,
  ids: Int32Array,
  grid: Grid,
  options: DiffusionOptions,
): Promise<Float32Array> {
  let painted = new Float32Array();
  for await (const image of sampleImages(model, ids, grid, options)) painted = image as Float32Array<ArrayBuffer>;
  return painted;
}

/**
 * Noise levels and steps of a run.
 *
 * @throws InvalidInputError for a wrong number of steps, and a sampler that does not go with the tokenizer
 */
export function samplerOf(
  c: DiffusionConfig,
  batch: number,
  { sampler = c.scheduler, steps = STEPS, spacing }: Pick<DiffusionOptions, 'sampler' | 'steps' | 'spacing'>,
): Sampler {
  const { prediction_type: prediction, num_train_timesteps: timesteps } = c;
  const zeroTerminalSnr = c.zero_terminal_snr && sampler !== 'pndm';
  const schedule = noiseSchedule(c.beta_schedule, { timesteps, zeroTerminalSnr });
  const common = { prediction, limit: limitOf(c), batch };
  switch (sampler) {
    case 'ddpm':
      return ddpm(schedule, steps, common);
    case 'ddim':
      return ddim(schedule, steps, { ...common, spacing: spacing ?? 'trailing' });
    case 'pndm':
      if (prediction !== 'sample') return pndm(schedule, steps, { prediction, ...(spacing && { spacing }) });
      throw new InvalidInputError('PNDM is for networks that predict noise or velocity; this one predicts the image');
  }
}

function batchOf({ config, quantizer: { heads } }: DiVae, ids: Int32Array, [h, w]: Grid): number {
  const wrong = ids.find((id) => !(id >= 0 && id < config.codebook_size));
  if (wrong !== undefined) {
    throw new InvalidInputError(`token ${wrong} is not in the codebook (0 to ${config.codebook_size - 1})`);
  }
  const batch = ids.length / (h * w * heads);
  if (![h, w, batch].every((n) => n > 0 && Number.isInteger(n))) {
    const each = heads > 1 ? `${heads}×` : '';
    throw new InvalidInputError(`${ids.length} tokens are not a whole number of grids of ${each}${w}×${h}`);
  }
  return batch;
}

/** How the decoder's patches are put together, on a grid of its own; it may be made for larger images than the encoder. */
export function outputLayout({ config, patch }: DiVae, grid: Grid): PatchLayout {
  const { image_size, image_size_dec, patch_size } = config;
  const encoded = typeof image_size === 'number' ? image_size : image_size[0];
  const perToken = (patch_size * (image_size_dec ?? encoded)) / encoded;
  if (!Number.isInteger(perToken / patch)) {
    throw new InvalidInputError(
      `tokenizer config: a token's ${perToken} pixels cannot be cut into the decoder's patches of ${patch}`,
    );
  }
  return {
    channels: config.n_channels,
    grid: [(grid[0] * perToken) / patch, (grid[1] * perToken) / patch],
    patch: [patch, patch],
    order: 'channel-first',
  };
}
