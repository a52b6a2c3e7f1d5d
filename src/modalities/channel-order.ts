import type { Raster } from '../media/raster.js';

/** A raster's values channel by channel, [C, H, W], as the official code keeps them. */
export function channelsFirst({ width, height, channels, data }: Raster<Float32Array>): Float32Array {
  const area = width * height;
  return Float32Array.from(data, (_, i) => data[(i % area) * channels + Math.floor(i / area)]!);
}

/** A raster of values that are given channel by channel, [C, H, W]. */
export function channelsLast(data: Float32Array, width: number, height: number): Raster<Float32Array> {
  const area = width * height;
  const channels = data.length / area;
  const interleaved = Float32Array.from(data, (_, i) => data[(i % channels) * area + Math.floor(i / channels)]!);
  return { width, height, channels, data: interleaved };
}
