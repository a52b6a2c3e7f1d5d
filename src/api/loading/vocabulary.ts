import type { ByteSource } from '../../checkpoints/byte-source.js';
import { CheckpointError, InvalidInputError } from '../../errors.js';
import { loadWordPiece, type WordPiece } from '../../tokenizers/text/word-piece.js';
import { type FileOptions, type ModelSource, modelSource, openIfExists } from './model-source.js';

/** The published text tokenizer, which comes with the official code and not with the checkpoints. */
export const VOCABULARY_FILE = 'text_tokenizer_4m_wordpiece_30k.json';

/**
 * The vocabulary of the published models: the file that the caller or FOURM_TEXT_VOCABULARY names; or one of the official name
 * beside the checkpoint or in the cache.
 *
 * @throws InvalidInputError saying where to get it
 */
export async function publishedVocabulary(
  named: string | undefined,
  model: ModelSource,
  options: FileOptions,
): Promise<WordPiece> {
  const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};
  const path = named ?? (env.FOURM_TEXT_VOCABULARY || undefined);
  if (path !== undefined) return wordPieceFrom(await (await modelSource(path, options)).open(VOCABULARY_FILE));
  const beside = model.hub || model.single ? undefined : await openIfExists(model, VOCABULARY_FILE);
  const source = beside ?? (await inCache(options));
  if (source) return wordPieceFrom(source);
  throw new InvalidInputError(
    `texts of '${model.id}' need the official vocabulary: copy fourm/utils/tokenizer/trained/${VOCABULARY_FILE} from the ` +
      'repository apple/ml-4m, and name the file in the option "text" or in FOURM_TEXT_VOCABULARY',
  );
}

async function inCache(options: FileOptions): Promise<ByteSource | undefined> {
  // In browsers there is nothing in this file.
  const { urlInCache }: Partial<typeof import('./disk.js')> = await import('./disk.js');
  if (!urlInCache) return undefined;
  return openIfExists(await modelSource(urlInCache(VOCABULARY_FILE, options.cache)), VOCABULARY_FILE);
}

/** Reads a text tokenizer's file. @throws CheckpointError if it is none */
export async function wordPieceFrom(source: ByteSource): Promise<WordPiece> {
  return loadWordPiece(parseJson(await readText(source), source.name));
}

/** The whole of a text file. @throws CheckpointError if it is no text */
export async function readText(source: ByteSource): Promise<string> {
  const bytes = await source.read(0, source.size);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CheckpointError(`${source.name} is not text`);
  }
}

function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new CheckpointError(`${file} is not JSON`);
  }
}
