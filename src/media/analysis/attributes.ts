/**
 * Image statistics that are metadata modalities of 4M-21. The official code reads them as given, without a definition; {@link
 * imageAttributes} has definitions whose values fit the published ranges, {@link imageStatistics} also common alternatives.
 */
import { InvalidInputError } from '../../errors.js';
import type { RgbImage } from '../raster.js';
import { greyOpenCv, greyPillow, toGrey } from './grey.js';
import { hsvOpenCv, hsvPillow } from './hsv.js';

/** The five statistics of a picture that are metadata of 4M-21, under their published names. */
export interface ImageAttributes {
  /** Mean of Pillow's grey, 0…255. */
  readonly brightness: number;
  /** Standard deviation of Pillow's grey, 0…127.5. */
  readonly contrast: number;
  /** Mean of Pillow's HSV saturation, 0…255. */
  readonly saturation: number;
  /** Hasler and Süsstrunk (2003): spread and size of red − green and yellow − blue, from 0 to about 218. */
  readonly colorfulness: number;
  /** Shannon entropy of the 256 grey levels, in bits, 0…8. */
  readonly entropy: number;
}

/** {@link ImageAttributes}, and other definitions of the same. */
export interface ImageStatistics extends ImageAttributes {
  /** Mean of 0.299 R + 0.587 G + 0.114 B, 0…255. */
  readonly brightnessFloat: number;
  /** Mean over pixels of √(0.299 R² + 0.587 G² + 0.114 B²), 0…255. */
  readonly brightnessPerceived: number;
  /** The same formula on the mean colour. */
  readonly brightnessPerceivedOfMean: number;
  /** Mean of the brightest channel, 0…255. */
  readonly brightnessValue: number;
  /** Standard deviation of 0.299 R + 0.587 G + 0.114 B, 0…127.5. */
  readonly contrastFloat: number;
  /** Michelson contrast of Pillow's grey, (max − min) / (max + min), 0…1; 0 for black. */
  readonly contrastMichelson: number;
  /** Mean of 255 (max − min) / max, 0 for black pixels. */
  readonly saturationFloat: number;
  /** Mean of OpenCV's 8-bit saturation, 0…255. */
  readonly saturationOpenCv: number;
  /** Mean and standard deviation of R − G. */
  readonly redGreen: readonly [mean: number, deviation: number];
  /** Mean and standard deviation of (R + G) / 2 − B. */
  readonly yellowBlue: readonly [mean: number, deviation: number];
  /** Entropy of OpenCV's grey, in bits, 0…8. */
  readonly entropyOpenCv: number;
  /** Entropy of one histogram of 3 · 256 levels (`Image.entropy` of Pillow), in bits, up to 9.58. */
  readonly entropyRgb: number;
}

/** @throws InvalidInputError for a picture of other than 3 channels */
export function imageAttributes(image: RgbImage): ImageAttributes {
  requireColours(image);
  const grey = toGrey(image, greyPillow).data;
  const { redGreen, yellowBlue } = opponents(image);
  return {
    brightness: mean(grey),
    contrast: momentsOf(grey)[1],
    saturation: mean(secondChannel(hsvPillow(image))),
    colorfulness: colorfulness(redGreen, yellowBlue),
    entropy: entropy(grey, () => 0),
  };
}

/** @throws InvalidInputError for a picture of other than 3 channels */
export function imageStatistics(image: RgbImage): ImageStatistics {
  const attributes = imageAttributes(image);
  const { data } = image;
  const of = (value: (r: number, g: number, b: number) => number) => perPixel(image, value);
  const grey = toGrey(image, greyPillow).data;
  const luma = of((r, g, b) => 0.299 * r + 0.587 * g + 0.114 * b);
  const perceived = (r: number, g: number, b: number) => Math.sqrt(0.299 * r * r + 0.587 * g * g + 0.114 * b * b);
  const [red, green, blue] = [of((r) => r), of((_, g) => g), of((_r, _g, b) => b)].map(mean);
  const darkest = grey.reduce((least, value) => Math.min(least, value), 255);
  const lightest = grey.reduce((highest, value) => Math.max(highest, value), 0);
  return {
    ...attributes,
    ...opponents(image),
    brightnessFloat: mean(luma),
    brightnessPerceived: mean(of(perceived)),
    brightnessPerceivedOfMean: perceived(red!, green!, blue!),
    brightnessValue: mean(of(Math.max)),
    contrastFloat: momentsOf(luma)[1],
    contrastMichelson: lightest === 0 ? 0 : (lightest - darkest) / (lightest + darkest),
    saturationFloat: mean(of((r, g, b) => saturation(Math.max(r, g, b), Math.min(r, g, b)))),
    saturationOpenCv: mean(secondChannel(hsvOpenCv(image))),
    entropyOpenCv: entropy(toGrey(image, greyOpenCv).data, () => 0),
    entropyRgb: entropy(data, (i) => i % 3),
  };
}

function requireColours({ channels }: RgbImage): void {
  if (channels !== 3) throw new InvalidInputError(`image statistics need 3 channels, not ${channels}`);
}

/** A value of every pixel, [h · w]. */
function perPixel({ data }: RgbImage, value: (r: number, g: number, b: number) => number): Float64Array {
  const values = new Float64Array(data.length / 3);
  for (let i = 0; i < values.length; i++) values[i] = value(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!);
  return values;
}

/** Mean and deviation of the opponent colours, red − green and yellow − blue. */
function opponents(image: RgbImage): Pick<ImageStatistics, 'redGreen' | 'yellowBlue'> {
  return {
    redGreen: momentsOf(perPixel(image, (r, g) => r - g)),
    yellowBlue: momentsOf(perPixel(image, (r, g, b) => (r + g) / 2 - b)),
  };
}

function colorfulness(redGreen: readonly [number, number], yellowBlue: readonly [number, number]): number {
  return Math.hypot(redGreen[1], yellowBlue[1]) + 0.3 * Math.hypot(redGreen[0], yellowBlue[0]);
}

function saturation(brightest: number, darkest: number): number {
  return brightest === 0 ? 0 : (255 * (brightest - darkest)) / brightest;
}

function secondChannel({ data }: RgbImage): Uint8Array {
  return data.filter((_, i) => i % 3 === 1);
}

function mean(values: Uint8Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Mean and standard deviation (of the whole, not of a sample). */
function momentsOf(values: Uint8Array | Float64Array): [mean: number, deviation: number] {
  const middle = mean(values);
  let squares = 0;
  for (const value of values) squares += (value - middle) ** 2;
  return [middle, Math.sqrt(squares / values.length)];
}

/** Shannon entropy in bits of the levels of one or more channels; equal levels of different channels are distinct. */
function entropy(values: Uint8Array, channelOf: (index: number) => number): number {
  const counts = new Map<number, number>();
  values.forEach((value, i) => {
    const level = 256 * channelOf(i) + value;
    counts.set(level, (counts.get(level) ?? 0) + 1);
  });
  let bits = 0;
  for (const count of counts.values()) bits -= (count / values.length) * Math.log2(count / values.length);
  return bits;
}
