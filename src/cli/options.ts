/** Options of commands, and parsers of their values. */
import { InvalidArgumentError, Option } from 'commander';
import { BACKEND_NAMES } from '../../backends/adapter.js';
import { WEIGHT_DTYPES } from '../nn/packed/packing.js';

/** A whole number within limits, both included. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(
        max === Number.MAX_SAFE_INTEGER
          ? `It must be a whole number, ${min} or more.`
          : `It must be a whole number from ${min} to ${max}.`,
      );
    }
    return value;
  };
}

/** A part `i/n`, with `i` from 0 to `n` - 1. */
export function part(text: string): { readonly index: number; readonly of: number } {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (index === undefined || Number(index) >= Number(of)) {
    throw new InvalidArgumentError('It must be i/n, with i from 0 to n - 1.');
  }
  return { index: Number(index), of: Number(of) };
}

/** A number above zero. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** Names with commas between them. */
export function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim());
  if (list.includes('')) throw new InvalidArgumentError('It must be names with commas between them.');
  return list;
}

/** An option's text, which a second one would replace. */
export function once(option: string): (text: string, before?: string) => string {
  return (text, before) => {
    if (before !== undefined) throw new InvalidArgumentError(`${option} is given twice.`);
    return text;
  };
}

/** `--json`, on every command with results that programs read. */
export function jsonOption(): Option {
  return new Option('--json', 'print one JSON document instead of lines');
}

/** `--backend`, on every command that computes with tensors. */
export function backendOption(): Option {
  return new Option('--backend <name>', 'tensor backend').choices(['auto', ...BACKEND_NAMES]).default('auto');
}

/** `--seed`, on every command that uses random numbers. */
export function seedOption(description = 'seed of the random numbers'): Option {
  return new Option('--seed <n>', description).argParser(wholeNumber(0)).default(0);
}

/** `--model`, on every command that runs one. */
export function modelOption(): Option {
  return new Option(
    '--model <model>',
    'a shipped model; a file or folder, by path or URL; or owner/name on the Hub',
  ).default('toybox');
}

/** `--dtype`, on every command that computes with a model. */
export function dtypeOption(): Option {
  return new Option('--dtype <type>', 'storage type of the transformer weights').choices(WEIGHT_DTYPES).default('f32');
}

const FITS = ['crop', 'contain', 'stretch'] as const;
/** How a picture that is not square becomes square: cropped to its middle, padded with black, or distorted. */
export type Fit = (typeof FITS)[number];

/** `--fit`, on commands that take a picture. */
export function fitOption(): Option {
  return new Option(
    '--fit <how>',
    'how a picture becomes square: cropped to its middle, padded with black, or stretched',
  )
    .choices(FITS)
    .default('crop');
}

/** `--offline`, on every command that may fetch something. */
export function offlineOption(): Option {
  return new Option('--offline', 'use only the cache, without network requests');
}

/** `--endpoint`, on every command that may fetch something. */
export function endpointOption(): Option {
  return new Option('--endpoint <url>', 'address of the Hugging Face Hub or a mirror (default HF_ENDPOINT)');
}

/** `--cache`, on every command that may fetch something. */
export function cacheOption(): Option {
  return new Option('--cache <dir>', 'folder of downloads (default FOURM_CACHE)');
}
