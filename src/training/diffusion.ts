import * as tf from '@tensorflow/tfjs-core';
import { toPatches } from '../nn/patches.js';
import type { Random } from '../random.js';
import { denoise } from '../tokenizers/diffusion/denoiser.js';
import { type DiVae, outputLayout } from '../tokenizers/diffusion/divae.js';
import { addNoise, predictionTarget } from '../tokenizers/diffusion/noising.js';
import { noiseSchedule } from '../tokenizers/diffusion/schedule.js';
import type { TrainingTask } from './loop.js';
import { autoencoderTask, frozenTokensTask, type ImageBatch, type ReconstructionLoss } from './tokenizer.js';

/**
 * Trains a tokenizer with a diffusion decoder, end to end: at a random timestep, the denoiser predicts the clean image, its
 * noise or the velocity from the noisy image and the codes. Mean squared error. (4M, tokenization.)
 */
export function diffusionTokenizerTask(model: DiVae, batch: (random: Random) => ImageBatch): TrainingTask {
  return autoencoderTask(model, batch, diffusionLoss(model));
}

/** Trains the diffusion decoder alone, by the same loss. The tokens do not change. */
export function diffusionDecoderTask(model: DiVae, batch: (random: Random) => ImageBatch): TrainingTask {
  return frozenTokensTask(model, batch, diffusionLoss(model));
}

function diffusionLoss(model: DiVae): ReconstructionLoss {
  const { prediction_type, beta_schedule, num_train_timesteps, zero_terminal_snr } = model.diffusion;
  const schedule = noiseSchedule(beta_schedule, {
    timesteps: num_train_timesteps,
    zeroTerminalSnr: zero_terminal_snr,
  });
  return ({ values }, { patches, grid }, random) => {
    const layout = outputLayout(model, grid);
    const size = patches.shape[0];
    const clean = toPatches(values, layout) as Float32Array;
    const noise = clean.map(() => random.normal());
    const timesteps = Int32Array.from({ length: size }, () => random.integer(0, num_train_timesteps - 1));
    const cells = layout.grid[0] * layout.grid[1];
    const tensor = (data: Float32Array) => tf.tensor3d(data, [size, cells, data.length / (size * cells)]);
    const noisy = tensor(addNoise(schedule, clean, noise, timesteps));
    const target = tensor(predictionTarget(prediction_type, schedule, clean, noise, timesteps));
    return {
      loss(codes) {
        const condition = { codes: tf.reshape(codes, [size, grid[0], grid[1], -1]) as tf.Tensor4D };
        const prediction = denoise(model.denoiser, noisy, layout.grid, { steps: timesteps, condition });
        return tf.mean(tf.square(tf.sub(prediction, target))) as tf.Scalar;
      },
      dispose: () => tf.dispose([noisy, target]),
    };
  };
}
