import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../../nn/parameters.js';
import type { VqVaeConfig } from './config.js';

/** The part of a tokenizer that prepares its input. */
interface PreparedBy {
  readonly classEmbedding: Parameter | undefined;
  readonly config: VqVaeConfig;
}

/**
 * Encoder input: class ids are embedded, and standardized images are converted to [-1, 1] if the config requires it.
 *
 * @param patches  [B, N, C·P], or class ids int32 [B, N, P]
 * @returns        [B, N, C·P]
 */
export function prepareInput({ classEmbedding, config }: PreparedBy, patches: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() => {
    const values = classEmbedding ? embedClasses(classEmbedding, patches) : patches;
    return config.undo_std ? undoStandardization(values) : tf.clone(values);
  });
}

/** Class ids [B, N, P] to patches by (channel, pixel), [B, N, C·P]. */
function embedClasses(embedding: Parameter, ids: tf.Tensor3D): tf.Tensor3D {
  const [b, n, p] = ids.shape;
  const embedded = tf.reshape(tf.gather(embedding.value, tf.reshape(ids, [-1])), [b * n, p, -1]) as tf.Tensor3D;
  return tf.reshape(tf.transpose(embedded, [0, 2, 1]), [b, n, -1]);
}

const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

/** From ImageNet's standardization to [-1, 1]; patches by (channel, pixel), [B, N, 3·P]. */
function undoStandardization(patches: tf.Tensor3D): tf.Tensor3D {
  const [b, n, values] = patches.shape;
  const byChannel = tf.reshape(patches, [b * n, 3, values / 3]);
  const image = tf.add(tf.mul(byChannel, tf.tensor3d(IMAGENET_STD, [1, 3, 1])), tf.tensor3d(IMAGENET_MEAN, [1, 3, 1]));
  return tf.reshape(tf.sub(tf.mul(2, image), 1), [b, n, values]) as tf.Tensor3D;
}
