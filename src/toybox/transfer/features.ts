/** Features of scenes, by an encoder. */
import * as tf from '@tensorflow/tfjs-core';
import { type KnownModalities, knownBatch } from '../../decoding/known-modalities.js';
import { encode, selectEncoderInputs } from '../../transformer/forward.js';
import type { FourM } from '../../transformer/model.js';

/** Image modalities have no special tokens. */
const NO_TEXT = { padId: 0, eosId: 0, sentinelIds: [] };

/** Features of scenes. */
export interface SceneFeatures {
  /** P, patches of a scene. */
  readonly patches: number;
  /** C, numbers of a patch. */
  readonly width: number;
  /** Those of each scene, [P, C]. */
  readonly scenes: readonly Float32Array[];
}

/**
 * What a frozen encoder makes of each patch: its output at the tokens of the patch, those of all modalities one after another.
 *
 * @param inputs image modalities with the same grid, given whole
 * @param count  number of scenes
 */
export async function encodeScenes(encoder: FourM, inputs: KnownModalities, count: number): Promise<SceneFeatures> {
  const modalities = Object.keys(inputs).length;
  const { dim, num_register_tokens: registers } = encoder.config;
  const features = tf.tidy(() => {
    const batch = { size: count, modalities: knownBatch(encoder, inputs, count, NO_TEXT) };
    const { output } = encode(encoder, batch, selectEncoderInputs(encoder, batch));
    const tokens = tf.slice(output, [0, registers, 0], [-1, -1, -1]);
    const byModality = tf.reshape(tokens, [count, modalities, -1, dim]);
    return tf.reshape(tf.transpose(byModality, [0, 2, 1, 3]), [count, -1, modalities * dim]) as tf.Tensor3D;
  });
  const [, patches, width] = features.shape;
  const values = (await features.data()) as Float32Array;
  features.dispose();
  const size = patches * width;
  return { patches, width, scenes: Array.from({ length: count }, (_, i) => values.slice(i * size, (i + 1) * size)) };
}

/** Features of some scenes as a tensor, [B, P, C]. */
export function featureTensor(scenes: readonly Float32Array[], { patches, width }: SceneFeatures): tf.Tensor3D {
  const values = new Float32Array(scenes.length * patches * width);
  scenes.forEach((scene, i) => {
    values.set(scene, i * patches * width);
  });
  return tf.tensor3d(values, [scenes.length, patches, width]);
}
