/** Tokenized scenes as files. */
import type { SafetensorsFile } from '../../checkpoints/safetensors.js';
import { writeSafetensors } from '../../checkpoints/safetensors-writer.js';
import { CAPTION_EMBEDDING_WIDTH, TOYBOX_SIZE, type ToyboxModality, toyboxModalities } from '../modalities.js';
import { EMBEDDINGS, IMAGES, joined, PIXELS, TEXTS, type ToyboxTokens } from './tokens.js';

const TOKENS = Object.fromEntries(Object.entries(toyboxModalities(0)).map(([key, { maxTokens }]) => [key, maxTokens]));

/** Key of the size of a modality's codebook in the metadata of the file; the toybox's if it is not there. */
const codebookKey = (name: string) => `${name}.codebook`;

/** The scenes as one file, to be read by {@link readToyboxTokens}. */
export function writeToyboxTokens(tokens: ToyboxTokens): Uint8Array {
  const { count, pixels, images, codebooks, texts, embeddings } = tokens;
  const lengths = (name: string, rows: readonly ArrayLike<number>[]) => ({
    name: `${name}.lengths`,
    dtype: 'I32' as const,
    shape: [count],
    data: Int32Array.from(rows, (row) => row.length),
  });
  const metadata = Object.fromEntries(Object.entries(codebooks).map(([key, size]) => [codebookKey(key), `${size}`]));
  const tensors = [
    { name: 'pixels', dtype: 'U8' as const, shape: [count, TOYBOX_SIZE, TOYBOX_SIZE, 3], data: pixels },
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
  ];
  return writeSafetensors(tensors, metadata);
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
    codebooks: Object.fromEntries(
      IMAGES.filter(({ key }) => file.tensors.has(key)).map(({ key, tokenizer }) => {
        const usual = 'codebook' in tokenizer ? tokenizer.codebook : 0;
        return [key, Number(file.metadata[codebookKey(key)] ?? usual)];
      }),
    ),
    texts: read(TEXTS, '.ids', (key, ids) => rows(key, file.read(ids) as Int32Array)),
    embeddings: read(EMBEDDINGS, '.vectors', (key, vectors) => rows(key, file.read(vectors) as Float32Array)),
  };
}
