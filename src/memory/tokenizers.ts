/** Memory of tokenizers besides their weights. */
import * as tf from '@tensorflow/tfjs-core';
import { denoise } from '../tokenizers/diffusion/denoiser.js';
import { outputLayout } from '../tokenizers/diffusion/divae.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { encoderPatch } from '../tokenizers/vq/network.js';
import type { Grid } from '../tokenizers/vq/vit.js';
import {
  decode,
  encode,
  inputLayout,
  latentsToTokens,
  tokensToEmbedding,
  type VqEncoder,
} from '../tokenizers/vq/vqvae.js';
import { bySamples, type DeviceModel, type MemoryBySamples, workingMemory } from './dry-run.js';

/** Memory of `tokenize` for images of h·w patches. */
export function tokenizingMemory(model: VqEncoder, on: DeviceModel, grid: Grid): MemoryBySamples {
  const [h, w] = grid;
  const side = encoderPatch(model.config);
  const { channels } = inputLayout(model, h * side, w * side);
  const run = (b: number) => {
    const patches = tensorOf([b, h * w, channels * side ** 2], model.config.n_labels ? 'int32' : 'float32');
    latentsToTokens(model, encode(model, patches, grid));
  };
  return bySamples((b) => workingMemory(on, () => run(b)));
}

/** Memory of `decodeTokens` for images of h·w tokens. */
export function detokenizingMemory(model: Tokenizer, on: DeviceModel, grid: Grid): MemoryBySamples {
  const [h, w] = grid;
  const run = (b: number) => {
    const embed = () => tokensToEmbedding(model, tensorOf([b, model.quantizer.heads, h * w], 'int32'));
    if (!('denoiser' in model)) {
      decode(model, embed(), grid);
      return;
    }
    const codes = tf.tidy(embed);
    const { grid: painted, channels } = outputLayout(model, grid);
    const image = tensorOf([b, painted[0] * painted[1], channels * model.patch ** 2], 'float32');
    const condition = { codes: tf.reshape(codes, [b, h, w, -1]) as tf.Tensor4D };
    denoise(model.denoiser, image, painted, { steps: new Int32Array(b), condition });
  };
  return bySamples((b) => workingMemory(on, () => run(b)));
}

function tensorOf(shape: [number, number, number], dtype: 'float32' | 'int32'): tf.Tensor3D {
  return tf.fill(shape, 0, dtype);
}
