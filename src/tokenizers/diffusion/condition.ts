import * as tf from '@tensorflow/tfjs-core';
import type { Grid } from '../vq/vit.js';
import { nearestRows } from './resize.js';

/** Condition of a denoiser: the codes of an image, or of part of it. */
export interface Condition {
  /** [B, h, w, d] */
  readonly codes: tf.Tensor4D;
  /** 1 where the condition is masked, B × h × w values; absent if nothing is masked. */
  readonly masked?: Uint8Array;
}

/**
 * The mask of a condition on another grid, by nearest neighbour.
 *
 * @returns 1 where masked, [B, h'·w', 1]
 */
export function maskOn({ codes, masked }: Condition, [h, w]: Grid): tf.Tensor3D | undefined {
  if (!masked) return undefined;
  const [b, fromH, fromW] = codes.shape;
  const rows = nearestRows(fromH, h);
  const columns = nearestRows(fromW, w);
  const values = Float32Array.from({ length: b * h * w }, (_, i) => {
    const row = rows[Math.floor(i / w) % h]!;
    return masked[(Math.floor(i / (h * w)) * fromH + row) * fromW + columns[i % w]!]!;
  });
  return tf.tensor3d(values, [b, h * w, 1]);
}
