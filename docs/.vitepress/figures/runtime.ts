/** Shared by figures: the scene, the backend, and the shipped model, each loaded once, when a figure first needs it. */
import { computed, ref } from 'vue';
import { useBackend } from '../../../backends/index.js';
import { type Model, readModel } from '../../../examples/one-file/fourm.js';
import { parseConfig } from '../../../src/checkpoints/metadata.js';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import { colourClasses, colourDepth, colourNormals } from '../../../src/media/colormap.js';
import type { Raster, RgbImage } from '../../../src/media/raster.js';
import { fromTokenizerValues, type ImageValues, toTokenizerValues } from '../../../src/modalities/images.js';
import type { ModalityInfo } from '../../../src/modalities/modality.js';
import { loadParameters } from '../../../src/nn/state-dict.js';
import type { WordPiece } from '../../../src/tokenizers/text/word-piece.js';
import { loadWordPiece } from '../../../src/tokenizers/text/word-piece.js';
import { buildVqVae, detokenize, tokenize, type VqVae } from '../../../src/tokenizers/vq/vqvae.js';
import { toyboxSample } from '../../../src/toybox/sample.js';

/** Seed of the scene that all chapters follow; the reader may change it. */
export const seed = ref(7);

/** The scene, rendered. */
export const sample = computed(() => toyboxSample(seed.value, { size: 64, people: false }));

/** An image modality of the shipped package, as `fourm.json` describes it. */
export interface PackagedImage {
  readonly values: ImageValues;
  readonly tokens: string;
  readonly tokenizer: string;
}

/** The parts of `fourm.json` that figures read. */
export interface Package {
  readonly infos: readonly ModalityInfo[];
  readonly modalities: Readonly<Record<string, PackagedImage>>;
}

const BASE = `${import.meta.env.BASE_URL}models/toybox/`;

/** The result of the first call, for all later ones; a failed call is forgotten. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function bytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(BASE + file);
  if (!response.ok) throw new Error(`${BASE + file} cannot be loaded: the server responded with ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function json<T>(file: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await bytes(file))) as T;
}

/** Address of the shipped package, for `loadModel`. */
export const packageAddress = () => new URL(BASE, location.href).href;

/** Chooses the wasm backend, on one thread: figures are small. */
export const backend = once(async () => {
  await useBackend('wasm', { wasmPath: `${import.meta.env.BASE_URL}wasm/`, threads: 1 });
});

export const packaged = once(() => json<Package>('fourm.json'));
export const vocabulary = once(async (): Promise<WordPiece> => loadWordPiece(await json('text.json')));

/** Bytes of the model's weights. */
export const modelBytes = once(() => bytes('model.safetensors'));

/** The model, as `examples/one-file` reads it. */
export const shippedModel = once(async (): Promise<Model> => {
  await backend();
  return readModel(await modelBytes());
});

/** A tokenizer of the package, with what it is of. */
export interface ImageTokenizer {
  readonly network: VqVae;
  readonly values: ImageValues;
  readonly info: ModalityInfo;
  /** Cells of a side of the token grid. */
  readonly side: number;
  tokens(image: Raster): Promise<Int32Array>;
  /** @param ids of one grid or several @returns one picture for each */
  pictures(ids: ArrayLike<number>): Promise<RgbImage[]>;
}

const tokenizers = new Map<string, () => Promise<ImageTokenizer>>();

/** The tokenizer of an image modality, by the name that users call it. */
export function tokenizerOf(name: string): Promise<ImageTokenizer> {
  const known = tokenizers.get(name) ?? once(() => loadTokenizer(name));
  tokenizers.set(name, known);
  return known();
}

async function loadTokenizer(name: string): Promise<ImageTokenizer> {
  await backend();
  const { infos, modalities } = await packaged();
  const { values, tokens, tokenizer } = modalities[name]!;
  const info = infos.find((known) => known.name === tokens)!;
  const file = readSafetensors(await bytes(tokenizer));
  const network = buildVqVae(parseConfig(file.metadata));
  await loadParameters(network.parameters.all, file);
  const size = info.inputSize![0];
  const side = size / info.patchSize![0];
  return {
    network,
    values,
    info,
    side,
    tokens: (image) => tokenize(network, toTokenizerValues(values, image), size, size),
    async pictures(ids) {
      const decoded = await detokenize(network, Int32Array.from(ids), [side, side]);
      const count = ids.length / side ** 2;
      const each = decoded.length / count;
      return Array.from({ length: count }, (_, i) =>
        drawn(values, fromTokenizerValues(values, decoded.subarray(i * each, (i + 1) * each), size, size)),
      );
    },
  };
}

/** How values are drawn. */
export function drawn(values: ImageValues, image: Raster): RgbImage {
  switch (values.kind) {
    case 'depth':
      return colourDepth(image as Raster<Float32Array>, [values.near, values.far]);
    case 'normal':
      return colourNormals(image as Raster<Float32Array>);
    case 'classes':
      return colourClasses(image, values.palette);
    default:
      return image as RgbImage;
  }
}

/** A part of a picture. */
export function cut(image: RgbImage, left: number, top: number, size: number): RgbImage {
  const data = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    const start = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(start, start + size * 3), y * size * 3);
  }
  return { width: size, height: size, channels: 3, data };
}

/** Lets the page draw before more is computed. */
export const frame = () => new Promise<void>((done) => requestAnimationFrame(() => setTimeout(done)));

/** Whole numbers from 0. */
export const range = (length: number) => Array.from({ length }, (_, i) => i);
