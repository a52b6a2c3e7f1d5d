/** Normalisation of pixel values: each channel minus its mean, divided by its standard deviation. */
import { InvalidInputError } from '../errors.js';
import type { Raster } from '../media/raster.js';

/** Mean and standard deviation of every channel, where black is 0 and white is 1. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Statistics of photographs (ImageNet), for the inputs of 4M and of RGB networks. */
export const IMAGENET: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
/** Maps black to -1 and white to 1, for the tokenizers of RGB, normals and edges. ("Inception" officially.) */
export const PLUS_MINUS_ONE: Normalisation = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
/** For 8-bit maps of surface normals. */
export const SURFACE_NORMALS: Normalisation = { mean: [0.501, 0.405, 0.137], std: [0.114, 0.165, 0.081] };

/** Normalises 8-bit values. @throws {InvalidInputError} for another number of channels */
export function normalise(image: Raster<Uint8Array>, normalisation: Normalisation): Raster<Float32Array> {
  const { mean, std } = forChannels(image, normalisation);
  const data = Float32Array.from(image.data, (x, i) => (x / 255 - mean[i % mean.length]!) / std[i % std.length]!);
  return { ...image, data };
}

/** Reverses normalisation, to values from 0 to 1. @throws {InvalidInputError} for another number of channels */
export function denormalise(image: Raster<Float32Array>, normalisation: Normalisation): Raster<Float32Array> {
  const { mean, std } = forChannels(image, normalisation);
  const data = image.data.map((x, i) => x * std[i % std.length]! + mean[i % mean.length]!);
  return { ...image, data };
}

function forChannels({ channels }: Raster, normalisation: Normalisation): Normalisation {
  const { mean, std } = normalisation;
  if (mean.length !== channels || std.length !== channels) {
    throw new InvalidInputError(`cannot normalise ${channels} channels by the mean of ${mean.length}`);
  }
  return normalisation;
}
