import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { notFiniteError } from '../../nn/not-finite.js';
import { fromPatches, type PatchLayout } from '../../nn/patches.js';
import type { VitPreset } from '../vq/config.js';
import type { Grid } from '../vq/vit.js';
import { buildVqEncoder, tokensToEmbedding, type VqEncoder } from '../vq/vqvae.js';
import { type DiffusionConfig, denoiserPreset, limitOf, parseDiffusionConfig } from './config.js';
import { ddim } from './ddim.js';
import { ddpm } from './ddpm.js';
import { buildDenoiser, type Denoiser, denoise } from './denoiser.js';
import { pndm } from './pndm.js';
import type { DenoiserPreset } from './presets.js';
import { type NoiseSource, noiseLike, type Sampler } from './sampler.js';
import { noiseSchedule } from './schedule.js';
import type { TimestepSpacing } from './timesteps.js';

/**
 * A tokenizer of images with a diffusion decoder, conditioned on the tokens. (`DiVAE` officially.) `tokenize` computes the
 * tokens, as for every other tokenizer.
 */
export interface DiVae extends VqEncoder {
  readonly denoiser: Denoiser;
  readonly diffusion: DiffusionConfig;
  /** Side of the decoder's patches. */
  readonly patch: number;
}

/** Named architectures for a config, instead of the published ones. */
export interface DiVaePresets {
  readonly encoders?: Record<string, VitPreset>;
  readonly denoisers?: Record<string, DenoiserPreset>;
}

/**
 * Builds a tokenizer from its configuration; the parameters hold no values yet.
 *
 * @param config with the published keys
 * @throws InvalidInputError naming the invalid key
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

/** Default number of denoising steps. */
const STEPS = 50;

/** Options of {@link sampleImages}. */
export interface DiffusionOptions {
  /** Denoising steps, each a call of the network (several for some steps of PNDM); 50 by default, as in the official demos. */
  readonly steps?: number;
  /**
   * The sampler; by default that of the config, or `ddpm` as officially. The published decoders were evaluated with `ddim`. `pndm`
   * is for networks that predict noise or velocity, and ignores zero terminal SNR.
   */
  readonly sampler?: 'ddim' | 'ddpm' | 'pndm';
  /** Timesteps of a shorter run; by default `trailing` for DDIM and `leading` for PNDM, as officially. DDPM is always `leading`. */
  readonly spacing?: TimestepSpacing;
  /** Generator of the noise, or one for each image. */
  readonly random: NoiseSource;
  /** Height and width of the image that each one was cropped from, [B, 2]; for decoders that are conditioned on it. */
  readonly original?: ArrayLike<number>;
  /**
   * Height and width of the images in pixels, multiples of the decoder's patch; by default those that the tokens were made of.
   * Officially this is the size of the noise that sampling begins with.
   */
  readonly size?: readonly [height: number, width: number];
  /** Cancels between two steps. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every step. */
  readonly onStep?: ((done: number, total: number) => void) | undefined;
}

/**
 * Denoises images from random noise, conditioned on tokens, and yields the image after every step.
 *
 * @param ids   [B, h·w]; with several codebooks [B, codebooks, h·w]
 * @param grid  h and w
 * @returns     values as the tokenizer was trained on, [B, H, W, C]
 * @throws InvalidInputError for ids that are not in the codebook, not a whole number of grids, a size that is not divisible into
 *         patches, a wrong number of steps, and a sampler that is incompatible with the tokenizer
 * @throws NotFiniteError naming the weights that are at fault, if predictions are not finite
 * @throws CancelledError when the signal fires
 */
export async function* sampleImages(
  model: DiVae,
  ids: Int32Array,
  grid: Grid,
  options: DiffusionOptions,
): AsyncGenerator<Float32Array, void> {
  const batch = batchOf(model, ids, grid);
  if (Array.isArray(options.random) && options.random.length !== batch) {
    throw new InvalidInputError(`${batch} images need as many generators of noise, not ${options.random.length}`);
  }
  const layout = options.size ? layoutOfSize(model, options.size) : outputLayout(model, grid);
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
      await pauseOrCancel(options.signal, 'denoising');
      const steps = new Int32Array(batch).fill(step);
      const denoising = { steps, condition: { codes }, ...(options.original && { original: options.original }) };
      const prediction = tf.tidy(() => denoise(model.denoiser, tf.tensor3d(image, shape), layout.grid, denoising));
      const output = (await prediction.data()) as Float32Array;
      prediction.dispose();
      if (!output.every(Number.isFinite)) {
        throw await notFiniteError('the predictions of the diffusion decoder', model.parameters.all);
      }
      image = sampler.step(image, output, step, options.random).next;
      options.onStep?.(i + 1, sampler.timesteps.length);
      yield fromPatches(image, layout);
    }
  } finally {
    codes.dispose();
  }
}

/** The last image of {@link sampleImages}, with its arguments and errors. */
export async function detokenizeByDiffusion(
  model: DiVae,
  ids: Int32Array,
  grid: Grid,
  options: DiffusionOptions,
): Promise<Float32Array> {
  let result = new Float32Array();
  for await (const image of sampleImages(model, ids, grid, options)) result = image as Float32Array<ArrayBuffer>;
  return result;
}

/**
 * The sampler of a run.
 *
 * @throws InvalidInputError for a wrong number of steps, and a sampler that is incompatible with the tokenizer
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

/** Layout of the decoder's patches; its images may be larger than the encoder's. */
export function outputLayout({ config, patch }: DiVae, grid: Grid): PatchLayout {
  const { image_size, image_size_dec, patch_size } = config;
  const encoded = typeof image_size === 'number' ? image_size : image_size[0];
  const perToken = (patch_size * (image_size_dec ?? encoded)) / encoded;
  if (!Number.isInteger(perToken / patch)) {
    throw new InvalidInputError(
      `tokenizer config: ${perToken} pixels of a token are not divisible into the decoder's patches of ${patch}`,
    );
  }
  return patchLayout(config.n_channels, patch, [(grid[0] * perToken) / patch, (grid[1] * perToken) / patch]);
}

/** Layout of the decoder's patches for images of any size in pixels. */
function layoutOfSize({ config, patch }: DiVae, size: readonly [height: number, width: number]): PatchLayout {
  const [rows, columns] = [size[0] / patch, size[1] / patch];
  if (![rows, columns].every((n) => n > 0 && Number.isInteger(n))) {
    throw new InvalidInputError(
      `images of ${size[1]}×${size[0]} are not divisible into the decoder's patches of ${patch}`,
    );
  }
  return patchLayout(config.n_channels, patch, [rows, columns]);
}

function patchLayout(channels: number, patch: number, grid: Grid): PatchLayout {
  return { channels, grid, patch: [patch, patch], order: 'channel-first' };
}
