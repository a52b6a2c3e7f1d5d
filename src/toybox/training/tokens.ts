import type { SafetensorsFile } from '../../checkpoints/safetensors.js';
import { writeSafetensors } from '../../checkpoints/safetensors-writer.js';
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { toTokenizerValues } from '../../modalities/images.js';
import { detectionsToText } from '../../modalities/text/detections.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import { tokenize, type VqEncoder } from '../../tokenizers/vq/vqvae.js';
import { TOYBOX_COORDINATE_BINS, TOYBOX_IMAGES, TOYBOX_PATCH, TOYBOX_SIZE, type ToyboxImage } from '../modalities.js';
import { type ToyboxSample, toyboxDetections, toyboxSample } from '../sample.js';

/** Scenes as the model trains on them: every modality as tokens, and the pictures as pixels. */
export interface ToyboxTokens {
  readonly count: number;
  /** Colours, [n, 64, 64, 3]. */
  readonly pixels: Uint8Array;
  /** Ids of each image modality, [n, 64]. */
  readonly images: Readonly<Record<ToyboxImage, Uint16Array>>;
  /** Ids of each text modality, a row a scene, without [EOS]. */
  readonly texts: Readonly<Record<'caption' | 'det', readonly Int32Array[]>>;
}

const IMAGES = Object.keys(TOYBOX_IMAGES) as ToyboxImage[];
const TOKENS = (TOYBOX_SIZE / TOYBOX_PATCH) ** 2;
const PIXELS = TOYBOX_SIZE ** 2 * 3;
/** Scenes that go through a tokenizer at once. */
const CHUNK = 32;

/** Draws the scenes of the seeds and tokenizes them. */
export async function tokenizeToybox(
  seeds: readonly number[],
  tokenizers: Readonly<Record<ToyboxImage, VqEncoder>>,
  text: WordPiece,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<ToyboxTokens> {
  const count = seeds.length;
  const pixels = new Uint8Array(count * PIXELS);
  const images = Object.fromEntries(IMAGES.map((name) => [name, new Uint16Array(count * TOKENS)])) as Record<
    ToyboxImage,
    Uint16Array
  >;
  const texts = { caption: [] as Int32Array[], det: [] as Int32Array[] };
  for (let start = 0; start < count; start += CHUNK) {
    await pauseOrCancel(signal, 'tokenizing the toybox');
    const samples = seeds.slice(start, start + CHUNK).map((seed) => toyboxSample(seed, { size: TOYBOX_SIZE }));
    for (const name of IMAGES) images[name].set(await tokenizeSamples(samples, name, tokenizers[name]), start * TOKENS);
    samples.forEach((sample, i) => {
      pixels.set(sample.rgb.data, (start + i) * PIXELS);
      texts.caption.push(Int32Array.from(text.encode(sample.caption)));
      texts.det.push(Int32Array.from(text.encode(detectionText(sample))));
    });
    onProgress?.(Math.min(start + CHUNK, count), count);
  }
  return { count, pixels, images, texts };
}

/** The boxes of a sample as the model reads and writes them. */
export function detectionText(sample: ToyboxSample): string {
  return detectionsToText(toyboxDetections(sample), TOYBOX_COORDINATE_BINS);
}

/** @returns [n, 64] */
export async function tokenizeSamples(
  samples: readonly ToyboxSample[],
  name: ToyboxImage,
  tokenizer: VqEncoder,
): Promise<Int32Array> {
  const values = samples.map((sample) => toTokenizerValues(TOYBOX_IMAGES[name], sample[name]));
  const perImage = values[0]!.length;
  const batch = new (values[0]! instanceof Int32Array ? Int32Array : Float32Array)(samples.length * perImage);
  values.forEach((image, i) => {
    batch.set(image, i * perImage);
  });
  return tokenize(tokenizer, batch, TOYBOX_SIZE, TOYBOX_SIZE);
}

/** The scenes as one file, to be read by {@link readToyboxTokens}. */
export function writeToyboxTokens(tokens: ToyboxTokens): Uint8Array {
  const { count } = tokens;
  return writeSafetensors([
    { name: 'pixels', dtype: 'U8', shape: [count, TOYBOX_SIZE, TOYBOX_SIZE, 3], data: tokens.pixels },
    ...IMAGES.map((name) => ({ name, dtype: 'U16' as const, shape: [count, TOKENS], data: tokens.images[name] })),
    ...Object.entries(tokens.texts).flatMap(([name, rows]) => {
      const lengths = Int32Array.from(rows, (row) => row.length);
      const ids = Int32Array.from(rows.flatMap((row) => [...row]));
      return [
        { name: `${name}.lengths`, dtype: 'I32' as const, shape: [count], data: lengths },
        { name: `${name}.ids`, dtype: 'I32' as const, shape: [ids.length], data: ids },
      ];
    }),
  ]);
}

/** @throws CheckpointError if the file is of something else */
export function readToyboxTokens(file: SafetensorsFile): ToyboxTokens {
  const pixels = file.read('pixels') as Uint8Array;
  const rows = (name: string) => {
    const ids = file.read(`${name}.ids`) as Int32Array;
    let end = 0;
    return Array.from(file.read(`${name}.lengths`) as Int32Array, (length) => {
      end += length;
      return ids.slice(end - length, end);
    });
  };
  const images = Object.fromEntries(IMAGES.map((name) => [name, file.read(name) as Uint16Array]));
  return {
    count: pixels.length / PIXELS,
    pixels,
    images: images as Record<ToyboxImage, Uint16Array>,
    texts: { caption: rows('caption'), det: rows('det') },
  };
}

/** Several files of scenes as one. */
export function joinToyboxTokens(parts: readonly ToyboxTokens[]): ToyboxTokens {
  if (parts.length === 0) throw new InvalidInputError('there are no scenes to train on');
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const pixels = new Uint8Array(count * PIXELS);
  const images = Object.fromEntries(IMAGES.map((name) => [name, new Uint16Array(count * TOKENS)])) as Record<
    ToyboxImage,
    Uint16Array
  >;
  let start = 0;
  for (const part of parts) {
    pixels.set(part.pixels, start * PIXELS);
    for (const name of IMAGES) images[name].set(part.images[name], start * TOKENS);
    start += part.count;
  }
  return {
    count,
    pixels,
    images,
    texts: { caption: parts.flatMap((part) => part.texts.caption), det: parts.flatMap((part) => part.texts.det) },
  };
}
