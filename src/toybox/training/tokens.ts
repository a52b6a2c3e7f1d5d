import type { SafetensorsFile } from '../../checkpoints/safetensors.js';
import { writeSafetensors } from '../../checkpoints/safetensors-writer.js';
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { detectionsToText } from '../../modalities/text/detections.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import { tokenize, type VqEncoder } from '../../tokenizers/vq/vqvae.js';
import { instanceText, toyboxInstances } from '../annotations/instances.js';
import { metadataText } from '../annotations/metadata.js';
import { paletteText } from '../annotations/palette.js';
import { poseText } from '../annotations/poses.js';
import { type CaptionEncoder, captionEmbeddings } from '../features/caption-encoder.js';
import type { FrozenNetworks } from '../features/stand-ins.js';
import {
  CAPTION_EMBEDDING_WIDTH,
  TOYBOX_COORDINATE_BINS,
  TOYBOX_MODALITIES,
  TOYBOX_SIZE,
  type ToyboxModality,
  toyboxModalities,
} from '../modalities.js';
import type { ToyboxTokenizerName } from '../names.js';
import { type ToyboxSample, toyboxDetections, toyboxSample } from '../sample.js';
import { exampleSize, examplesOf } from './examples.js';
import { tokenizerOf, tokenizersOf } from './tokenizers.js';

/** Scenes as the model trains on them: its modalities as tokens, and the pictures as pixels. Keys are published names. */
export interface ToyboxTokens {
  readonly count: number;
  /** Colours, [n, 64, 64, 3]. */
  readonly pixels: Uint8Array;
  /** Ids of the modalities with a fixed number of tokens, [n, tokens]. */
  readonly images: Readonly<Record<string, Uint16Array>>;
  /** Ids of each text modality, a row a scene, without [EOS]. */
  readonly texts: Readonly<Record<string, readonly Int32Array[]>>;
  /** Vectors of `t5_caption`, [N, 64] for each scene. */
  readonly embeddings: Readonly<Record<string, readonly Float32Array[]>>;
}

/** Everything that turns a scene into tokens: the tokenizers and networks that the modalities need. */
export interface ToyboxTokenizers {
  readonly modalities: readonly ToyboxModality[];
  readonly tokenizers: Readonly<Partial<Record<ToyboxTokenizerName, VqEncoder>>>;
  readonly networks: FrozenNetworks;
  /** For `t5_caption`. */
  readonly captions?: CaptionEncoder;
  readonly text: WordPiece;
}

const PIXELS = TOYBOX_SIZE ** 2 * 3;
/** Scenes that go through a tokenizer at once. */
const CHUNK = 32;

const ofKind = (...kinds: readonly ToyboxModality['tokenizer']['kind'][]) =>
  TOYBOX_MODALITIES.filter(({ tokenizer }) => kinds.includes(tokenizer.kind));
const IMAGES = ofKind('vit-vqvae', 'diffusion-vqvae', 'mlp-memcodes');
const TEXTS = ofKind('word-piece');
const EMBEDDINGS = ofKind('embeddings');
const TOKENS = Object.fromEntries(Object.entries(toyboxModalities(0)).map(([key, { maxTokens }]) => [key, maxTokens]));

/** The modalities that tokenized scenes have. */
export function modalitiesOf({ images, texts, embeddings }: ToyboxTokens): ToyboxModality[] {
  const present = [images, texts, embeddings].flatMap((part) => Object.keys(part));
  return TOYBOX_MODALITIES.filter(({ key, tokenizer }) => tokenizer.kind === 'none' || present.includes(key));
}

/**
 * Scenes with some of their modalities alone; pixels always stay.
 *
 * @param name of the scenes in the error
 * @throws InvalidInputError for a modality that they do not have
 */
export function selectModalities(
  scenes: ToyboxTokens,
  modalities: readonly ToyboxModality[],
  name: string,
): ToyboxTokens {
  const present = modalitiesOf(scenes);
  const missing = modalities.find((modality) => !present.includes(modality));
  if (missing) throw new InvalidInputError(`${name} has no ${missing.key}, a modality that the model is trained on`);
  const among = <T>(part: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(part).filter(([own]) => modalities.some(({ key }) => key === own)));
  const { images, texts, embeddings } = scenes;
  return { ...scenes, images: among(images), texts: among(texts), embeddings: among(embeddings) };
}

/** Whether scenes with these modalities have people in them: only where some modality describes them. */
export function havePeople(modalities: readonly Pick<ToyboxModality, 'name'>[]): boolean {
  return modalities.some(({ name }) => name === 'human_poses');
}

/** Renders the scenes of the seeds and tokenizes them. */
export async function tokenizeToybox(
  seeds: readonly number[],
  by: ToyboxTokenizers,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<ToyboxTokens> {
  const parts: ToyboxTokens[] = [];
  const how = { size: TOYBOX_SIZE, people: havePeople(by.modalities) };
  for (let start = 0; start < seeds.length; start += CHUNK) {
    await pauseOrCancel(signal, 'tokenizing the toybox');
    const samples = seeds.slice(start, start + CHUNK).map((seed) => toyboxSample(seed, how));
    parts.push(await tokenizeSamples(samples, by));
    onProgress?.(Math.min(start + CHUNK, seeds.length), seeds.length);
  }
  return joinToyboxTokens(parts);
}

/** Tokenizes rendered scenes, all at once. */
export async function tokenizeSamples(samples: readonly ToyboxSample[], by: ToyboxTokenizers): Promise<ToyboxTokens> {
  const count = samples.length;
  const pixels = new Uint8Array(count * PIXELS);
  samples.forEach(({ rgb }, i) => {
    pixels.set(rgb.data, i * PIXELS);
  });
  const among = (modalities: readonly ToyboxModality[]) => modalities.filter((one) => by.modalities.includes(one));
  const ids: ExampleIds = {};
  for (const name of tokenizersOf(by.modalities)) ids[name] = await exampleTokens(name, samples, by);

  // Edges have two examples a scene: Canny edges first, then those of instances. All other image modalities have one.
  const scenes = (modality: ToyboxModality) =>
    ids[tokenizerOf(modality)!]!.map((examples) => examples[modality.name === 'sam_edge' ? 1 : 0]!);
  const captions = samples.map(({ caption }) => Int32Array.from(by.text.encode(caption)));
  return {
    count,
    pixels,
    images: Object.fromEntries(
      among(IMAGES).map((modality) => [modality.key, Uint16Array.from(scenes(modality).flatMap((row) => [...row]))]),
    ),
    texts: Object.fromEntries(
      among(TEXTS).map(({ key }) => [
        key,
        samples.map((sample, i) => Int32Array.from(by.text.encode(textOf(key, sample, ids, i)))),
      ]),
    ),
    embeddings: Object.fromEntries(
      await Promise.all(
        among(EMBEDDINGS).map(
          async ({ key }) => [key, await captionEmbeddings(by.captions!, captions, by.text.eosId)] as const,
        ),
      ),
    ),
  };
}

/** The tokens of every example of every scene, by tokenizer. */
type ExampleIds = Partial<Record<ToyboxTokenizerName, Int32Array[][]>>;

/** The tokens of every example of every scene. */
async function exampleTokens(
  name: ToyboxTokenizerName,
  samples: readonly ToyboxSample[],
  { tokenizers, networks }: ToyboxTokenizers,
): Promise<Int32Array[][]> {
  const examples = await examplesOf(name, samples, networks);
  const all = examples.flat();
  if (all.length === 0) return examples.map(() => []);
  const length = all[0]!.length;
  const batch = new (all[0] instanceof Int32Array ? Int32Array : Float32Array)(all.length * length);
  all.forEach((example, i) => {
    batch.set(example, i * length);
  });
  const side = exampleSize(name);
  const tokens = await tokenize(tokenizers[name]!, batch, side, side);
  const perExample = tokens.length / all.length;
  let next = 0;
  return examples.map((ofScene) => ofScene.map(() => tokens.slice(next * perExample, ++next * perExample)));
}

/** The string of a text modality of a scene. */
function textOf(key: string, sample: ToyboxSample, ids: ExampleIds, scene: number): string {
  switch (key) {
    case 'caption':
      return sample.caption;
    case 'det':
      return detectionText(sample);
    case 'metadata':
      return metadataText(sample);
    case 'color_palette':
      return paletteText(sample);
    case 'human_poses':
      return poseText(sample, ids.human_poses![scene]!);
    case 'sam_instance':
      return instanceText(sample, toyboxInstances(sample), ids.sam_mask![scene]!);
    default:
      throw new InvalidInputError(
        `the toybox has no text '${key}'; its texts are ${TEXTS.map((text) => text.key).join(', ')}`,
      );
  }
}

/** The boxes of a sample as the model reads and writes them. */
export function detectionText(sample: ToyboxSample): string {
  return detectionsToText(toyboxDetections(sample), TOYBOX_COORDINATE_BINS);
}

/** The scenes as one file, to be read by {@link readToyboxTokens}. */
export function writeToyboxTokens({ count, pixels, images, texts, embeddings }: ToyboxTokens): Uint8Array {
  const lengths = (name: string, rows: readonly ArrayLike<number>[]) => ({
    name: `${name}.lengths`,
    dtype: 'I32' as const,
    shape: [count],
    data: Int32Array.from(rows, (row) => row.length),
  });
  return writeSafetensors([
    { name: 'pixels', dtype: 'U8', shape: [count, TOYBOX_SIZE, TOYBOX_SIZE, 3], data: pixels },
    ...Object.entries(images).map(([name, data]) => ({
      name,
      dtype: 'U16' as const,
      shape: [count, TOKENS[name]!],
      data,
    })),
    ...Object.entries(texts).flatMap(([name, rows]) => {
      const ids = Int32Array.from(rows.flatMap((row) => [...row]));
      return [lengths(name, rows), { name: `${name}.ids`, dtype: 'I32' as const, shape: [ids.length], data: ids }];
    }),
    ...Object.entries(embeddings).flatMap(([name, rows]) => {
      const data = joined(rows);
      const shape = [data.length / CAPTION_EMBEDDING_WIDTH, CAPTION_EMBEDDING_WIDTH];
      return [lengths(name, rows), { name: `${name}.vectors`, dtype: 'F16' as const, shape, data }];
    }),
  ]);
}

/** @throws CheckpointError if the file is of something else */
export function readToyboxTokens(file: SafetensorsFile): ToyboxTokens {
  const pixels = file.read('pixels') as Uint8Array;
  const rows = <T extends Int32Array | Float32Array>(name: string, values: T): T[] => {
    let end = 0;
    return Array.from(file.read(`${name}.lengths`) as Int32Array, (length) => {
      end += length;
      return values.slice(end - length, end) as T;
    });
  };
  const read = <T>(modalities: readonly ToyboxModality[], suffix: string, of: (key: string, name: string) => T) =>
    Object.fromEntries(
      modalities.filter(({ key }) => file.tensors.has(key + suffix)).map(({ key }) => [key, of(key, key + suffix)]),
    );
  return {
    count: pixels.length / PIXELS,
    pixels,
    images: read(IMAGES, '', (key) => file.read(key) as Uint16Array),
    texts: read(TEXTS, '.ids', (key, ids) => rows(key, file.read(ids) as Int32Array)),
    embeddings: read(EMBEDDINGS, '.vectors', (key, vectors) => rows(key, file.read(vectors) as Float32Array)),
  };
}

/** Several files of scenes as one. */
export function joinToyboxTokens(parts: readonly ToyboxTokens[]): ToyboxTokens {
  if (parts.length === 0) throw new InvalidInputError('there are no scenes to train on');
  const join = <T>(first: Readonly<Record<string, T>>, of: (key: string) => T) =>
    Object.fromEntries(Object.keys(first).map((key) => [key, of(key)]));
  const [first] = parts as readonly [ToyboxTokens];
  const namesOf = (part: ToyboxTokens) =>
    modalitiesOf(part)
      .map(({ key }) => key)
      .join(', ');
  const other = parts.find((part) => namesOf(part) !== namesOf(first));
  if (other) throw new InvalidInputError(`scenes of different modalities: ${namesOf(first)}; and ${namesOf(other)}`);
  return {
    count: parts.reduce((sum, part) => sum + part.count, 0),
    pixels: joined(parts.map((part) => part.pixels)),
    images: join(first.images, (key) => joined(parts.map((part) => part.images[key]!))),
    texts: join(first.texts, (key) => parts.flatMap((part) => part.texts[key]!)),
    embeddings: join(first.embeddings, (key) => parts.flatMap((part) => part.embeddings[key]!)),
  };
}

/** Arrays of one type, one after the other. */
function joined<T extends Uint8Array | Uint16Array | Float32Array>(parts: readonly T[]): T {
  const all = new (parts[0]!.constructor as new (length: number) => T)(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}
