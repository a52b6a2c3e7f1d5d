/** What tokenizers take besides their weights. */
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
import { type DeviceModel, type WorkingMemory, workingMemory } from './dry-run.js';

/** What `tokenize` takes for B images of h·w patches, in bytes. */
export function tokenizingBytes(model: VqEncoder, on: DeviceModel, b: number, grid: Grid): WorkingMemory {
  const [h, w] = grid;
  const side = encoderPatch(model.config);
  const { channels } = inputLayout(model, h * side, w * side);
  return workingMemory(on, () => {
    const patches = tensorOf([b, h * w, channels * side ** 2], model.config.n_labels ? 'int32' : 'float32');
    latentsToTokens(model, encode(model, patches, grid));
  });
}

/** What `decodeTokens` takes for B images of h·w tokens, in bytes. */
export function detokenizingBytes(model: Tokenizer, on: DeviceModel, b: number, grid: Grid): WorkingMemory {
  const [h, w] = grid;
  return workingMemory(on, () => {
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
  });
}

function tensorOf(shape: [number, number, number], dtype: 'float32' | 'int32'): tf.Tensor3D {
  return tf.fill(shape, 0, dtype);
}
