/** Similarities of tokens, and their colours. */
import * as tf from '@tensorflow/tfjs-core';

/** Cosine similarity of every row with one of them. @param rows [N, D] @returns [N] */
export function similarityTo(rows: tf.Tensor2D, row: number): Float32Array {
  return tf.tidy(() => {
    const unit = tf.div(rows, tf.norm(rows, 2, -1, true)) as tf.Tensor2D;
    return tf.matMul(unit, tf.slice(unit, [row, 0], [1, -1]), false, true).dataSync() as Float32Array;
  });
}

const COLOURS = [
  [13, 8, 135],
  [126, 3, 168],
  [204, 71, 120],
  [248, 149, 64],
  [240, 249, 33],
] as const;

/** A colour for a value in 0…1, dark to bright. */
export function heat(value: number, alpha = 0.85): string {
  const at = Math.min(Math.max(value, 0), 1) * (COLOURS.length - 1);
  const [low, high] = [COLOURS[Math.floor(at)]!, COLOURS[Math.ceil(at)]!];
  const mixed = low.map((channel, c) => Math.round(channel + (high[c]! - channel) * (at % 1)));
  return `rgb(${mixed.join(' ')} / ${alpha * 100}%)`;
}
