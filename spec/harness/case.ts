/** Cases of reference numbers, as files: what was run, and what came out. Node only, as is everything in this folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { readSafetensors, type SafetensorsFile } from '../../src/checkpoints/safetensors.js';
import { InvalidInputError } from '../../src/errors.js';

/** `case.json`: what every case says, and what those of its kind say besides. */
export interface CaseFile {
  readonly kind: string;
  readonly tolerance?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  /** The tensors that came out, by name. */
  readonly expected?: Readonly<Record<string, { readonly shape: readonly number[]; readonly about?: string }>>;
  readonly [field: string]: unknown;
}

/** A case. Its files are read when they are asked for. */
export class ConformanceCase {
  /** Where it lies below the folder that was asked for. */
  readonly name: string;
  readonly folder: string;
  #about: CaseFile | undefined;
  #isConfigRead = false;
  #data: SafetensorsFile | undefined;

  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
  }

  /** @throws InvalidInputError if it is no JSON, or names no kind */
  get about(): CaseFile {
    if (!this.#about) {
      const about = this.json('case.json');
      if (typeof (about as CaseFile | null)?.kind !== 'string') {
        throw new InvalidInputError(`${join(this.folder, 'case.json')} has no "kind"`);
      }
      this.#about = about as CaseFile;
    }
    return this.#about;
  }

  /** The options that the case was made with; none if it does not say any. */
  get config(): Readonly<Record<string, unknown>> {
    this.#isConfigRead = true;
    return this.about.config ?? {};
  }

  /** Those of them that nobody has asked for. */
  get unusedOptions(): string[] {
    return this.#isConfigRead ? [] : Object.keys(this.about.config ?? {});
  }

  /** Whether there is `data.safetensors`. */
  get hasTensors(): boolean {
    return existsSync(join(this.folder, 'data.safetensors'));
  }

  /** `data.safetensors`: inputs as `in.*`, results as `out.*`. */
  get data(): SafetensorsFile {
    this.#data ??= this.safetensors('data.safetensors');
    return this.#data;
  }

  /** Results and inputs that are lists or strings. */
  json(file = 'data.json'): unknown {
    const path = pathBelow(this.folder, file);
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch (cause) {
      throw new InvalidInputError(`${path} is missing or no JSON: ${(cause as Error).message}`, { cause });
    }
  }

  /** A file of tensors beside `case.json`, by default the checkpoint. */
  safetensors(file = 'model.safetensors'): SafetensorsFile {
    return readSafetensors(this.file(file), join(this.folder, file));
  }

  /** The bytes of a file of the case. @throws InvalidInputError if it is missing, or not in the case's folder */
  file(name: string): Uint8Array {
    const path = pathBelow(this.folder, name);
    if (!existsSync(path)) throw new InvalidInputError(`${path} is missing`);
    return new Uint8Array(readFileSync(path));
  }

  /** Another case of the same folder, which this one builds on. @throws InvalidInputError for a name outside of it */
  sibling(name: string): ConformanceCase {
    return new ConformanceCase(name, pathBelow(dirname(this.folder), name));
  }

  /** The values and the shape of a tensor. */
  floats(name: string): Float32Array {
    return this.data.read(name) as Float32Array;
  }

  ints(name: string): Int32Array {
    return this.data.read(name) as Int32Array;
  }

  bytes(name: string): Uint8Array {
    return this.data.read(name) as Uint8Array;
  }

  /** @throws InvalidInputError if there is no such tensor */
  shape(name: string): readonly number[] {
    const entry = this.data.tensors.get(name);
    if (!entry) throw new InvalidInputError(`${this.name} has no tensor ${name}`);
    return entry.shape;
  }
}

/** A path that a case names. Cases come from elsewhere: what they name lies where they do. */
function pathBelow(folder: string, name: unknown): string {
  const path = typeof name === 'string' ? relative(folder, resolve(folder, name)) : '';
  if (path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) || path.includes('\0')) {
    throw new InvalidInputError(`a case names ${JSON.stringify(name)}, which is nothing in ${folder}`);
  }
  return join(folder, path);
}

/**
 * All cases below a folder, or the folder itself if it is one, by name.
 *
 * @throws InvalidInputError if there is none
 */
export function findCases(folder: string): ConformanceCase[] {
  if (!existsSync(folder)) throw new InvalidInputError(`there is no folder ${folder}`);
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === 'case.json')
    .map((entry) => entry.parentPath)
    .sort();
  if (found.length === 0) throw new InvalidInputError(`no case.json below ${folder}`);
  return found.map((path) => {
    const name = relative(folder, path).split(sep).join('/');
    return new ConformanceCase(name === '' ? (folder.split(sep).filter(Boolean).at(-1) ?? '.') : name, path);
  });
}
