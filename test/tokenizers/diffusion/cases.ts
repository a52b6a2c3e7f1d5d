/** Tokenizers with a diffusion decoder, from the reference vectors. */
import * as tf from '@tensorflow/tfjs-core';
import { divaePresets } from '../../../spec/adapters/typescript/runners/divae-presets.js';
import { fromPatches, toPatches } from '../../../src/nn/patches.js';
import { loadParameters } from '../../../src/nn/state-dict.js';
import { denoise } from '../../../src/tokenizers/diffusion/denoiser.js';
import { buildDiVae, type DiVae } from '../../../src/tokenizers/diffusion/divae.js';
import { vectorCase } from '../../vectors.js';
import { channelsLast } from '../vq/cases.js';

/**
 * The tokenizer of a case, with its weights.
 *
 * @param config what is different
 */
export async function loadedDiVae(name: string, config: object = {}): Promise<DiVae> {
  const { about, model: weights } = vectorCase(name);
  const model = buildDiVae({ ...about.config, ...config }, divaePresets(about.custom_presets));
  await loadParameters(model.parameters.all, weights);
  return model;
}

/** Images as a case stores them, [..., C, H, W], to [..., H, W, C]. */
export function storedImages(name: string, tensor: string): Float32Array {
  const { data } = vectorCase(name);
  return channelsLast(data.read(tensor) as Float32Array, [1, ...data.tensors.get(tensor)!.shape.slice(-3)]);
}

/**
 * The prediction of a case's decoder for its noisy image, [B, H, W, C].
 *
 * @param steps one a sample
 */
export async function predict(
  name: string,
  model: DiVae,
  steps: ArrayLike<number>,
  rest: { masked?: Uint8Array; original?: ArrayLike<number> } = {},
): Promise<Float32Array> {
  const { data } = vectorCase(name);
  const [b, channels, height, width] = data.tensors.get('in.noised')!.shape as [number, number, number, number];
  const [, d, h, w] = data.tensors.get('out.quant')!.shape as [number, number, number, number];
  const patch = [model.patch, model.patch] as const;
  const grid = [height / model.patch, width / model.patch] as const;
  const layout = { channels, grid, patch, order: 'channel-first' } as const;
  const result = tf.tidy(() => {
    const codes = tf.tensor4d(storedImages(name, 'out.quant'), [b, h, w, d]);
    const image = toPatches(storedImages(name, 'in.noised'), layout);
    const cells = grid[0] * grid[1];
    return denoise(model.denoiser, tf.tensor3d(image, [b, cells, image.length / (b * cells)]), grid, {
      steps,
      condition: rest.masked ? { codes, masked: rest.masked } : { codes },
      ...(rest.original && { original: rest.original }),
    });
  });
  const values = (await result.data()) as Float32Array;
  result.dispose();
  return fromPatches(values, layout);
}

/** Gives the noise of a case in the order in which {@link paint} asks for it: the image it sets out from, then each step's. */
export function storedNoise(name: string, model: DiVae): { normal(): number } {
  const { data } = vectorCase(name);
  const [, channels, height, width] = data.tensors.get('in.init_noise')!.shape as [number, number, number, number];
  const patch = [model.patch, model.patch] as const;
  const grid = [height / model.patch, width / model.patch] as const;
  const tensors = ['in.init_noise', ...[...data.tensors.keys()].filter((key) => key.startsWith('in.step_noise.'))];
  const noise = tensors.map((tensor) =>
    toPatches(storedImages(name, tensor), { channels, grid, patch, order: 'channel-first' }),
  );
  let i = 0;
  return { normal: () => noise[Math.floor(i / noise[0]!.length)]![i++ % noise[0]!.length]! };
}
