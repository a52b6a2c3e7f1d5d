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

/** Names that are read as files, whether they exist or not. */
const FILE_NAME = /\.(png|jpe?g|npy|json|txt)$/i;
/** Maximum size of a text or JSON input. */
const MAX_TEXT_BYTES = 16e6;

/**
 * Reads the value of `--from modality=value`. It is a file if one exists at that path or if it has the extension of a file,
 * otherwise a text.
 *
 * @param name  the modality
 * @throws InvalidInputError if there is no such file
 * @throws MediaError naming the file if it is damaged
 */
export async function readValue(name: string, value: string, terminal: Terminal): Promise<Input> {
  const isFile = FILE_NAME.test(value) || (await isReadable(value));
  return isFile ? readInputFile(name, value, terminal) : value;
}

/**
 * {@link readValue} of a file or the standard input.
 *
 * @param path  or `-`
 */
export async function readInputFile(name: string, path: string, terminal: Terminal): Promise<Input> {
  const label = path === STANDARD_STREAM ? 'the standard input' : path;
  const bytes = await readBytes(path, label, terminal);
  if (bytes.length === 0) throw new MediaError(`${label}: the file is empty`);
  try {
    if (isImageFile(bytes)) {
      // Maps are passed on as files, because decoding to 8-bit colours would lose 16-bit values and palette indices.
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

/** An array with one axis is a vector, with more a map. */
function numbersOf(bytes: Uint8Array): Input {
  const array = decodeNpy(bytes);
  return array.shape.length === 1 ? Float32Array.from(array.data) : npyRaster(array);
}

async function readBytes(path: string, label: string, terminal: Terminal): Promise<Uint8Array> {
  if (path !== STANDARD_STREAM) return readFile(path, limitsFor(label));
  if (!terminal.in) throw new InvalidInputError('there is no standard input to read from');
  return collect(label, terminal.in, limitsFor(label));
}

/** Stops reading if the first bytes are of no known format. */
function limitsFor(label: string): ReadLimits {
  return {
    maxBytes: MAX_FILE_BYTES,
    checkStart(start) {
      // Text contains no zero bytes.
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

/** Whether a file or pipe of that name exists. A single word without an extension counts as text, unless the file is binary. */
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
