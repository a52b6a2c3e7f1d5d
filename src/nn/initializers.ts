/** Initialisation of parameters for training. */
import type { Random } from '../random.js';

/** Fills a parameter, in its published shape. */
export type Initializer = (values: Float32Array, random: Random, shape: readonly number[]) => void;

/** A constant. */
export const constant =
  (value: number): Initializer =>
  (values) => {
    values.fill(value);
  };

/** Normal with mean 0. */
export const normal =
  (deviation: number): Initializer =>
  (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
  };

/**
 * Glorot's uniform initialisation of an [out, in] matrix, as in MAE and 4M.
 *
 * @param parts number of matrices stacked along the outputs (3 for fused query, key and value); each has its own fan-out
 */
export const glorot =
  (parts = 1): Initializer =>
  (values, random, shape) => {
    const fanOut = shape[0]!;
    const bound = Math.sqrt(6 / (fanOut / parts + values.length / fanOut));
    for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.uniform() - 1);
  };

/** A table of fixed values, such as position embeddings, computed on initialisation. */
export const table =
  (entries: () => Float32Array): Initializer =>
  (values) => {
    values.set(entries());
  };
