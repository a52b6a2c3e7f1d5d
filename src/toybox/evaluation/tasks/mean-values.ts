import { MeanPredictor } from '../../../evaluation/trivial.js';
import type { Raster } from '../../../media/raster.js';
import type { TrivialPredictor } from '../task.js';

/** The mean of maps of one size, value by value. @param maps at least one */
export function meanValues(maps: readonly Raster<Float32Array>[]): Raster<Float32Array> {
  return { ...maps[0]!, data: meanVector(maps.map(({ data }) => data)) };
}

/** The mean of vectors of one length. @param vectors at least one */
export function meanVector(vectors: readonly Float32Array[]): Float32Array {
  return vectors[0]!.map((_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0) / vectors.length);
}

/**
 * Predicts the mean of the training scenes' maps, value by value.
 *
 * @param finish makes the mean a valid map, for instance by normalising vectors
 */
export function meanMap(finish = (mean: Float32Array) => mean): TrivialPredictor<Raster<Float32Array>> {
  const mean = new MeanPredictor();
  let shape: Raster<Float32Array> | undefined;
  return {
    learn(truth) {
      shape ??= truth;
      mean.add(truth.data);
    },
    predict: () => ({ ...shape!, data: finish(mean.result()) }),
  };
}
