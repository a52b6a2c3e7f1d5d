import * as tf from '@tensorflow/tfjs-core';

/** Result of {@link argMaxOfFinite} for a row that is not finite. */
export const NOT_FINITE = -1;

/**
 * Index of the largest value of each row; `tf.argMax` itself gives rows with NaN any index, another one on every backend.
 *
 * @param x [..., V]
 * @returns int32 [...]; {@link NOT_FINITE} for rows that contain NaN or an infinity
 */
export function argMaxOfFinite(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    // 0 for every finite row; 0 · NaN and 0 · ∞ are NaN, which equals nothing.
    const finite = tf.equal(tf.sum(tf.mul(x, 0), -1), 0);
    return tf.where(finite, tf.argMax(x, -1), tf.scalar(NOT_FINITE, 'int32'));
  });
}
