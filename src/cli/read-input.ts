/** Inputs on the command line: files, whose format is detected from their first bytes and not their names, `-`, and text. */
import { stat } from 'node:fs/promises';
import type { Input } from '../api/types/inputs.js';
import { InvalidInputError, MediaError } from '../errors.js';
import { collect, parseJson, type ReadLimits, readFile } from '../io/read-file.js';
import { decodeImageAsync, isImageFile } from '../media/decode.js';
import { MAX_FILE_BYTES } from '../media/limits.js';
import { decodeNpy, NPY_SIGNATURE, npyRaster } from '../media/npy.js';
import type { Terminal } from './terminal.js';

/** Stands for the standard input and the standard output. */
export const STANDARD_STREAM = '-';

/** Names that are meant as files, whether there is one or not. */
const FILE_NAME = /\.(png|jpe?g|npy|json|txt)$/i;
/** The longest text or JSON that is read. */
const MAX_TEXT_BYTES = 16e6;

/**
 * A picture, map, numbers, values or text from what is written behind `--from modality=`: a path is a file, if there is
 * one or the name ends like that of one; all else is text.
 *
 * @param name  the modality
 * @throws InvalidInputError if there is no such file, or it is none that is understood
 * @throws MediaError naming the file if it is damaged
 */
export async function readValue(name: string, value: string, terminal: Terminal): Promise<Input> {
  const isFile = FILE_NAME.test(value) || (await isReadable(value));
  return isFile ? readInputFile(name, value, terminal) : value;
}

/**
 * {@link readValue} of what can only be a file.
 *
 * @param path  or `-`
 */
export async function readInputFile(name: string, path: string, terminal: Terminal): Promise<Input> {
  const label = path === STANDARD_STREAM ? 'the standard input' : path;
  const bytes = await readBytes(path, label, terminal);
  if (bytes.length === 0) throw new MediaError(`${label}: the file is empty`);
  try {
    if (isImageFile(bytes)) {
      // Maps go to the model as files: they may hold 16 bits, or ids, which a picture does not.
      return /^rgb(@|$)/.test(name) ? await decodeImageAsync(bytes, terminal.signal) : bytes;
    }
    if (isNpy(bytes)) return numbersOf(bytes);
  } catch (error) {
    if (error instanceof MediaError) throw new MediaError(`${label}: ${error.message}`, { cause: error });
    throw error;
  }
  const text = decodeText(bytes);
  if (/^rgb(@|$)/.test(name) || text === undefined) throw new MediaError(`${label}: not a PNG or JPEG file`);
  return /^\s*[[{]/.test(text) ? (parseJson(label, bytes) as Input) : text.replace(/\r?\n$/, '');
}

/** One axis is a vector, more are a map. */
function numbersOf(bytes: Uint8Array): Input {
  const array = decodeNpy(bytes);
  return array.shape.length === 1 ? Float32Array.from(array.data) : npyRaster(array);
}

async function readBytes(path: string, label: string, terminal: Terminal): Promise<Uint8Array> {
  if (path !== STANDARD_STREAM) return readFile(path, limitsFor(label));
  if (!terminal.in) throw new InvalidInputError('there is no standard input to read from');
  return collect(label, terminal.in, limitsFor(label));
}

/** Stops reading as soon as the first bytes belong to no known format. */
function limitsFor(label: string): ReadLimits {
  return {
    maxBytes: MAX_FILE_BYTES,
    checkStart(start) {
      // Text has no zeros.
      if (isImageFile(start) || isNpy(start) || !start.includes(0)) return;
      throw new MediaError(`${label}: not a PNG or JPEG file, a .npy file, JSON or text`);
    },
  };
}

function isNpy(bytes: Uint8Array): boolean {
  return NPY_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_TEXT_BYTES) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** True if there is a file or pipe of that name. A single word without an extension counts as text, unless it is a binary file. */
async function isReadable(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  if (!status || status.isDirectory()) return false;
  return /[/\\.]/.test(path) || isImageFile(await startOf(path)) || isNpy(await startOf(path));
}

async function startOf(path: string): Promise<Uint8Array> {
  let start = new Uint8Array();
  const limits = {
    checkStart(bytes: Uint8Array) {
      start = Uint8Array.from(bytes);
      throw new InvalidInputError('enough is read');
    },
  };
  await readFile(path, limits).catch(() => {});
  return start;
}
