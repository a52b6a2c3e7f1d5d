/** Reads what `fourm tokenize` has written, in either layout, as training data. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError, MediaError } from '../../errors.js';
import { reason } from '../../io/file-errors.js';
import { readFile } from '../../io/read-file.js';
import { readTar } from '../../io/tar.js';
import { decodeImage } from '../../media/decode.js';
import { decodeNpy, type NumberArray } from '../../media/npy.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import { TOYBOX_MODALITIES, type ToyboxModality, toyboxModalities } from '../../toybox/modalities.js';
import { joinToyboxTokens, type ToyboxTokens } from '../../toybox/training/tokens.js';
import { CROP_SETTINGS } from '../tokenize/sample-files.js';

/** A file of one modality of a sample. */
interface SampleEntry {
  /** Path, for messages; inside a shard after the shard's. */
  readonly path: string;
  /** `<class>/<name>` */
  readonly key: string;
  /** Reads the file. */
  bytes(): Promise<Uint8Array>;
}

/** One shard, or all folders: the same samples in the same order for every modality. */
interface Part {
  entries(modality: string): Promise<SampleEntry[]>;
}

/**
 * @param folder     of `fourm tokenize`
 * @param text       the vocabulary that texts are encoded with
 * @param modalities those that are read; if absent, all of the toybox's that the folder has. Pixels are always read
 * @throws InvalidInputError for a missing modality, samples that do not align, tokens outside the model's vocabulary
 * @throws MediaError for a damaged file; both name it
 */
export async function readTokenizedData(
  folder: string,
  text: WordPiece,
  modalities?: readonly ToyboxModality[],
): Promise<ToyboxTokens> {
  const present = await namesIn(folder);
  const isWanted = (modality: ToyboxModality) => modalities?.includes(modality) ?? present.includes(modality.key);
  const wanted = TOYBOX_MODALITIES.filter((own) => own.tokenizer.kind === 'none' || isWanted(own));
  const infos = Object.values(toyboxModalities(text.vocabSize, wanted));
  const missing = infos.find(({ name }) => !present.includes(name));
  if (missing)
    throw new InvalidInputError(`${folder} has no folder ${missing.name}, a modality that the model is trained on`);
  const parts: ToyboxTokens[] = [];
  for (const part of await partsOf(folder)) {
    const tokens = await readPart(part, infos, text);
    if (tokens.count > 0) parts.push(tokens);
  }
  if (parts.length === 0) throw new InvalidInputError(`${folder} has no samples`);
  return joinToyboxTokens(parts);
}

async function partsOf(folder: string): Promise<Part[]> {
  const names = await namesIn(join(folder, CROP_SETTINGS));
  const shards = names.filter((name) => name.endsWith('.tar'));
  if (shards.length > 0) {
    return shards.map((shard) => ({ entries: (modality) => shardEntries(join(folder, modality, shard)) }));
  }
  return names.map((group) => ({ entries: (modality) => folderEntries(join(folder, modality), group) }));
}

async function shardEntries(path: string): Promise<SampleEntry[]> {
  const bytes = await readFile(path);
  return named(path, () => readTar(bytes)).map(({ name, content }) => ({
    path: `${path}, ${name}`,
    key: name.replace(/\.[^/]*$/, ''),
    bytes: async () => content,
  }));
}

async function folderEntries(folder: string, group: string): Promise<SampleEntry[]> {
  return (await namesIn(join(folder, group))).map((name) => {
    const path = join(folder, group, name);
    return { path, key: `${group}/${name.replace(/\.[^.]*$/, '')}`, bytes: () => readFile(path) };
  });
}

/** Sorted, without hidden ones. @throws InvalidInputError naming the folder */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new InvalidInputError(`cannot read ${folder}: ${reason(error, folder)}`);
  });
  return names.filter((name) => !name.startsWith('.')).sort();
}

async function readPart(part: Part, infos: readonly ModalityInfo[], text: WordPiece): Promise<ToyboxTokens> {
  const reference = await part.entries(CROP_SETTINGS);
  const pixels: Uint8Array[] = [];
  const images: Record<string, Uint16Array> = {};
  const codebooks: Record<string, number> = {};
  const texts: Record<string, Int32Array[]> = {};
  const embeddings: Record<string, Float32Array[]> = {};
  for (const info of infos) {
    const entries = await part.entries(info.name);
    checkAligned(info.name, entries, reference);
    const each = async <T>(read: (bytes: Uint8Array) => T): Promise<T[]> => {
      const values: T[] = [];
      for (const { path, bytes } of entries) {
        const content = await bytes();
        values.push(named(path, () => read(content)));
      }
      return values;
    };
    switch (info.kind) {
      case 'pixels':
        pixels.push(...(await each((bytes) => pixelsIn(bytes, info))));
        break;
      case 'image-tokens':
        codebooks[info.name] = info.vocabSize!;
        images[info.name] = Uint16Array.from((await each((bytes) => idsIn(bytes, info))).flatMap((ids) => [...ids]));
        break;
      case 'sequence':
        texts[info.name] = await each((bytes) => textIn(bytes, info, text));
        break;
      case 'sequence-embedding':
        embeddings[info.name] = await each((bytes) => vectorsIn(bytes, info));
    }
  }
  return { count: reference.length, pixels: concatenated(pixels), images, codebooks, texts, embeddings };
}

/** @throws InvalidInputError naming the first sample that differs */
function checkAligned(modality: string, entries: readonly SampleEntry[], reference: readonly SampleEntry[]): void {
  const count = Math.max(entries.length, reference.length);
  for (let i = 0; i < count; i++) {
    const [own, other] = [entries[i], reference[i]];
    if (own?.key === other?.key) continue;
    throw new InvalidInputError(
      own && other
        ? `${own.path} does not align: in its place ${CROP_SETTINGS} has ${other.path}`
        : own
          ? `${own.path} does not align: ${CROP_SETTINGS} has only ${reference.length} samples`
          : `'${modality}' has no file for ${other!.path}`,
    );
  }
}

function pixelsIn(bytes: Uint8Array, { inputSize }: ModalityInfo): Uint8Array {
  const { width, height, data } = decodeImage(bytes);
  const [wantedHeight, wantedWidth] = inputSize!;
  if (width === wantedWidth && height === wantedHeight) return data;
  throw new MediaError(`${width} × ${height} pixels; expected ${wantedWidth} × ${wantedHeight}`);
}

/** The tokens of the first crop. */
function idsIn(bytes: Uint8Array, { maxTokens, vocabSize }: ModalityInfo): NumberArray['data'] {
  const { shape, data } = decodeNpy(bytes);
  if (shape.length !== 2 || shape[0]! < 1 || shape[1] !== maxTokens) {
    throw new MediaError(`tokens of shape (${shape.join(', ')}); expected (crops, ${maxTokens})`);
  }
  const ids = data.subarray(0, maxTokens);
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize!);
  if (wrong !== undefined) throw new InvalidInputError(`token ${wrong}; expected 0…${vocabSize! - 1}`);
  return ids;
}

function textIn(bytes: Uint8Array, { maxTokens }: ModalityInfo, text: WordPiece): Int32Array {
  const ids = text.encode(new TextDecoder().decode(bytes));
  if (ids.length <= maxTokens) return Int32Array.from(ids);
  throw new InvalidInputError(`a text of ${ids.length} tokens; expected at most ${maxTokens}`);
}

function vectorsIn(bytes: Uint8Array, { embeddingDim, maxTokens }: ModalityInfo): Float32Array {
  const { shape, data } = decodeNpy(bytes);
  const isValid =
    shape.length === 2 && shape[1] === embeddingDim && shape[0]! <= maxTokens && data instanceof Float32Array;
  if (isValid && data.every(Number.isFinite)) return data;
  throw new MediaError(
    `numbers of shape (${shape.join(', ')}); expected finite floats of at most (${maxTokens}, ${embeddingDim})`,
  );
}

function concatenated(rows: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}

/** @throws the same error with the file's name before it */
function named<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MediaError) throw new MediaError(`${path}: ${error.message}`, { cause: error });
    if (error instanceof InvalidInputError) throw new InvalidInputError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
