import type { Raster } from '../../../media/raster.js';

/** The mean of maps of one size, value by value. @param maps at least one */
export function meanValues(maps: readonly Raster<Float32Array>[]): Raster<Float32Array> {
  return { ...maps[0]!, data: meanVector(maps.map(({ data }) => data)) };
}

/** The mean of vectors of one length. @param vectors at least one */
export function meanVector(vectors: readonly Float32Array[]): Float32Array {
  return vectors[0]!.map((_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0) / vectors.length);
}
