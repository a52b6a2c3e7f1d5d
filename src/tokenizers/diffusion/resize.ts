import * as tf from '@tensorflow/tfjs-core';
import type { Grid } from '../vq/vit.js';

/** Source row out of `from` for each of `to` rows. (`F.interpolate(…, mode='nearest')` officially, along one axis.) */
export function nearestRows(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to }, (_, i) =>
    Math.min(Math.floor(Math.fround(i * Math.fround(from / to))), from - 1),
  );
}

/**
 * Resizes a map to another grid by nearest neighbour.
 *
 * @param x [B, h, w, D]
 * @returns [B, h', w', D]
 */
export function resizeNearest(x: tf.Tensor4D, [h, w]: Grid): tf.Tensor4D {
  if (x.shape[1] === h && x.shape[2] === w) return x;
  return tf.tidy(() => {
    const rows = tf.tensor1d(nearestRows(x.shape[1], h), 'int32');
    const columns = tf.tensor1d(nearestRows(x.shape[2], w), 'int32');
    return tf.gather(tf.gather(x, rows, 1), columns, 2);
  });
}
