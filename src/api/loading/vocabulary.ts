import type { ByteSource } from '../../checkpoints/byte-source.js';
import { environmentVariable } from '../../environment.js';
import { CheckpointError, InvalidInputError } from '../../errors.js';
import { loadWordPiece, type WordPiece } from '../../tokenizers/text/word-piece.js';
import { diskModule } from './disk-module.js';
import { type FileOptions, type ModelSource, modelSource, openIfExists } from './model-source.js';

/** The published text tokenizer, which comes with the official code and not with the checkpoints. */
export const VOCABULARY_FILE = 'text_tokenizer_4m_wordpiece_30k.json';

/**
 * The vocabulary of the published models: the file that the caller or FOURM_TEXT_VOCABULARY names; or one of the official name
 * beside the checkpoint or in the cache.
 *
 * @throws InvalidInputError with where to get it
 * @throws CancelledError when the signal fires
 */
export async function publishedVocabulary(
  named: string | undefined,
  model: ModelSource,
  options: FileOptions,
  signal?: AbortSignal,
): Promise<WordPiece> {
  const path = named ?? (environmentVariable('FOURM_TEXT_VOCABULARY') || undefined);
  if (path !== undefined) {
    const source = await modelSource(path, options);
    return wordPieceFrom(await source.open(VOCABULARY_FILE, signal), signal);
  }
  const beside = model.hub || model.single ? undefined : await openIfExists(model, VOCABULARY_FILE, signal);
  const source = beside ?? (await inCache(options));
  if (source) return wordPieceFrom(source, signal);
  throw new InvalidInputError(
    `texts of '${model.id}' need the official vocabulary: copy fourm/utils/tokenizer/trained/${VOCABULARY_FILE} from the ` +
      'repository apple/ml-4m, and name the file in the option "text" or in FOURM_TEXT_VOCABULARY',
  );
}

async function inCache({ cache }: FileOptions): Promise<ByteSource | undefined> {
  const disk = await diskModule();
  const address = disk?.addressInCache(VOCABULARY_FILE, typeof cache === 'string' ? cache : undefined);
  return address === undefined ? undefined : openIfExists(await modelSource(address), VOCABULARY_FILE);
}

/** Ten times the size of the published vocabulary. */
const MAX_VOCABULARY_BYTES = 15_000_000;
/** Ten times what a description of 21 modalities takes. */
const MAX_DESCRIPTION_BYTES = 1_000_000;

/** Reads a text tokenizer's file. @throws CheckpointError if it is none */
export async function wordPieceFrom(source: ByteSource, signal?: AbortSignal): Promise<WordPiece> {
  return loadWordPiece(parseJson(await readText(source, signal, MAX_VOCABULARY_BYTES), source.name));
}

/**
 * The whole of a text file.
 *
 * @param maxBytes larger files are not read
 * @throws CheckpointError if it is too large, or no text
 * @throws CancelledError  when the signal fires
 */
export async function readText(
  source: ByteSource,
  signal?: AbortSignal,
  maxBytes = MAX_DESCRIPTION_BYTES,
): Promise<string> {
  const { name, size } = source;
  if (size > maxBytes)
    throw new CheckpointError(`${name} has ${size} bytes; a file of its kind has at most ${maxBytes}`);
  const bytes = await source.read(0, size, signal);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CheckpointError(`${name} is not text`);
  }
}

function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new CheckpointError(`${file} is not JSON`);
  }
}
