/** Cases in the form before format 1: `case.json` beside `data.safetensors`, `data.json` and `model.safetensors`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, type SafetensorsFile } from '../../../src/checkpoints/safetensors.js';
import { InvalidInputError } from '../../../src/errors.js';

/** `case.json`. */
export interface CaseFile {
  readonly kind: string;
  readonly what?: string;
  readonly tolerance?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly inputs?: Readonly<Record<string, TensorAbout>>;
  readonly expected?: Readonly<Record<string, TensorAbout>>;
  readonly [field: string]: unknown;
}

interface TensorAbout {
  readonly shape: readonly number[];
  readonly dtype?: string;
  readonly about?: string;
}

/** A case and its files, which are read on demand. */
export class LegacyCase {
  readonly name: string;
  readonly folder: string;
  #about: CaseFile | undefined;
  #data: unknown;
  readonly #files = new Map<string, SafetensorsFile>();

  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
  }

  /** @throws InvalidInputError if it is not JSON, or has no kind */
  get about(): CaseFile {
    if (!this.#about) {
      const about = this.json('case.json') as CaseFile | null;
      if (typeof about?.kind !== 'string') {
        throw new InvalidInputError(`${join(this.folder, 'case.json')} has no "kind"`);
      }
      this.#about = about;
    }
    return this.#about;
  }

  has(file: string): boolean {
    return existsSync(join(this.folder, file));
  }

  get data(): unknown {
    this.#data ??= this.json('data.json');
    return this.#data;
  }

  json(file: string): unknown {
    const path = join(this.folder, file);
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch (cause) {
      throw new InvalidInputError(`${path} is missing or no JSON: ${(cause as Error).message}`, { cause });
    }
  }

  safetensors(file = 'data.safetensors'): SafetensorsFile {
    let opened = this.#files.get(file);
    if (!opened) {
      const path = join(this.folder, file);
      if (!existsSync(path)) throw new InvalidInputError(`${path} is missing`);
      opened = readSafetensors(new Uint8Array(readFileSync(path)), path);
      this.#files.set(file, opened);
    }
    return opened;
  }

  /** Names of the tensors, in the order of the case if it lists them. */
  get tensorNames(): string[] {
    if (!this.has('data.safetensors')) return [];
    const stored = [...this.safetensors().tensors.keys()];
    const listed = [...Object.keys(this.about.inputs ?? {}), ...Object.keys(this.about.expected ?? {})];
    return [...new Set([...listed.filter((name) => stored.includes(name)), ...stored])];
  }

  /** The values of a tensor as numbers. */
  numbers(name: string): number[] {
    return Array.from(this.safetensors().read(name) as ArrayLike<number>, Number);
  }

  shape(name: string): readonly number[] {
    const entry = this.safetensors().tensors.get(name);
    if (!entry) throw new InvalidInputError(`${this.name} has no tensor ${name}`);
    return entry.shape;
  }

  /** A case beside this one. */
  sibling(name: string): LegacyCase {
    if (!/^[^/\\]+$/.test(name) || name === '..') {
      throw new InvalidInputError(`${this.name} names ${JSON.stringify(name)}, which is no case beside it`);
    }
    return new LegacyCase(name, join(this.folder, '..', name));
  }
}
