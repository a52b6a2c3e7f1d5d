import { InvalidInputError } from '../../errors.js';
import type { Raster, RasterData } from '../../media/raster.js';
import type { PublishedTokenizer } from './preset.js';

type Storage = new (...args: never[]) => RasterData;

/** The raster, if its values have one of these types. @throws InvalidInputError otherwise */
export function storedIn<S extends readonly Storage[]>(
  raster: Raster,
  what: string,
  ...storage: S
): Raster<InstanceType<S[number]>> {
  if (storage.some((type) => raster.data instanceof type)) return raster as Raster<InstanceType<S[number]>>;
  const wanted = storage.map(({ name }) => name).join(' or ');
  throw new InvalidInputError(`${what}: values must be a ${wanted}, not a ${raster.data.constructor.name}`);
}

/** @throws InvalidInputError for another number of channels or values */
export function checkChannels(raster: Raster, what: string, channels: number): void {
  if (raster.channels !== channels) {
    throw new InvalidInputError(`${what}: a map has ${channels} channels, not ${raster.channels}`);
  }
}

/**
 * A map as one channel. Grey stored in three equal channels is accepted.
 *
 * @throws InvalidInputError for maps in colour
 */
export function oneChannel<T extends RasterData>(raster: Raster<T>, what: string): Raster<T> {
  const { channels, data } = raster;
  const isGrey = channels === 3 && data.every((x, i) => x === data[i - (i % 3)]);
  if (isGrey) return { ...raster, channels: 1, data: data.filter((_, i) => i % 3 === 0) as T };
  checkChannels(raster, what, 1);
  return raster;
}

/** @throws InvalidInputError for a map whose number of values does not match its size and channels */
export function checkLength({ width, height, channels, data }: Raster, what: string): void {
  if (data.length !== width * height * channels) {
    throw new InvalidInputError(`${what}: ${data.length} values do not fit a map of ${width}×${height}×${channels}`);
  }
}

/** @throws InvalidInputError for values that are not finite */
export function checkFinite(values: RasterData, what: string): void {
  if (values instanceof Float32Array && values.some((x) => !Number.isFinite(x))) {
    throw new InvalidInputError(`${what}: NaN or infinity among the values`);
  }
}

/** @throws InvalidInputError for a side, in pixels, that the tokenizer was not trained on */
export function checkSize({ name, resolutions }: PublishedTokenizer, size: number): void {
  const { from, to, step } = resolutions!;
  if (Number.isInteger(size) && size >= from && size <= to && (size - from) % step === 0) return;
  const range = from === to ? `${from}` : `${from} to ${to} in steps of ${step}`;
  throw new InvalidInputError(`'${name}' is for pictures of ${range} pixels a side, not ${size}`);
}
