/** Vectors of format 1: the inputs of one computation and the results that are expected of it. Node only, as is this folder. */
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { DTYPES, type Dtype, type TensorData } from '../../src/checkpoints/dtypes.js';
import { readSafetensors, type SafetensorsFile } from '../../src/checkpoints/safetensors.js';
import { InvalidInputError } from '../../src/errors.js';
import { pointersOf, removePointer, resolvePointer } from './json-pointer.js';
import type { Tolerance } from './tolerance.js';

/** The version of the format that this harness reads and writes. */
export const FORMAT = 1;

export const TIERS = ['core', 'tokenizers', 'generation', 'training', 'metrics', 'full'] as const;
export type Tier = (typeof TIERS)[number];

/** A tensor of a vector. */
export interface TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** The safetensors file that holds it, relative to the vector's folder; `data.safetensors` if absent. */
  readonly file?: string;
  /** Its name in that file; the same name if absent. */
  readonly tensor?: string;
}

export interface ExpectedTensor extends TensorEntry {
  /** A name in `tolerances`; absent: exact. */
  readonly tolerance?: string;
  /** Whether an implementation may reject the input instead. */
  readonly rejection?: 'allowed';
}

/** Expected results that are JSON: the values in `data.json` at the JSON pointers that match, or one value given here. */
export interface ExpectedValues {
  /** A JSON pointer in which `*` matches any characters but `/`. */
  readonly results: string;
  /** The names of the results, if not the pointers: `*` is what the pattern's `*` matched. */
  readonly as?: string;
  readonly tolerance?: string;
  /** The expected value, if it is not in `data.json`. */
  readonly value?: unknown;
  /** The file that holds the value, relative to the vector's folder, and the pointer to it. */
  readonly from?: { readonly file: string; readonly pointer: string };
  /** The input must be rejected. The value in `data.json` at the pointer is the reference's reason. */
  readonly rejection?: 'required';
  /** Whether the value is also an input of another result, and stays in the inputs. */
  readonly given?: boolean;
}

/** A mistake that a vector detects. */
export interface Flag {
  readonly bug: string;
  /** One sentence. */
  readonly catches: string;
}

/** Results that check requirements of the text. */
export interface Check {
  /** Names of results, in which `*` matches any characters. */
  readonly results: readonly string[];
  readonly requirements: readonly string[];
  /** Names in `flags`. */
  readonly flags: readonly string[];
}

/** `vector.json`. */
export interface VectorFile {
  readonly format: typeof FORMAT;
  readonly kind: string;
  readonly description: string;
  readonly tier: Tier;
  /** Files needed besides the vector and its files: `vocabulary` is the published vocabulary of the text tokenizer. */
  readonly needs?: readonly 'vocabulary'[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, TensorEntry>>;
  /** `data.json` holds inputs and expected values. */
  readonly document?: 'data.json';
  readonly tolerances: Readonly<Record<string, Tolerance>>;
  readonly expected: {
    readonly tensors: Readonly<Record<string, ExpectedTensor>>;
    readonly values: readonly ExpectedValues[];
  };
  readonly checks: readonly Check[];
  readonly flags: Readonly<Record<string, Flag>>;
}

/** An expected result. */
export type Expected = { readonly name: string; readonly tolerance: Tolerance } & (
  | { readonly kind: 'tensor'; readonly entry: ExpectedTensor; read(): TensorData }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'rejection' }
);

const EXACT: Tolerance = { form: 'exact' };

/** A vector and its files, which are read on demand. */
export class Vector {
  readonly name: string;
  readonly folder: string;
  readonly about: VectorFile;
  readonly #files = new Map<string, SafetensorsFile>();
  #document: unknown;

  constructor(name: string, folder: string, about: VectorFile) {
    this.name = name;
    this.folder = folder;
    this.about = about;
  }

  /** `data.json`. */
  get data(): unknown {
    this.#document ??= this.json('data.json');
    return this.#document;
  }

  /** The inputs in JSON: `data.json` without the expected results. */
  get document(): unknown {
    if (!this.about.document) return undefined;
    const inputs = structuredClone(this.data);
    for (const { results, given, value, from } of this.about.expected.values) {
      if (given || value !== undefined || from) continue;
      for (const { pointer } of pointersOf(this.data, results)) removePointer(inputs, pointer);
    }
    return inputs;
  }

  /** The options. References to JSON files, `{ "$file": …, "$pointer": … }`, are replaced by their values. */
  get options(): Readonly<Record<string, unknown>> {
    return this.#resolved(this.about.options) as Record<string, unknown>;
  }

  #resolved(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((entry) => this.#resolved(entry));
    if (typeof value !== 'object' || value === null) return value;
    const { $file, $pointer } = value as Record<string, unknown>;
    if (typeof $file === 'string') return resolvePointer(this.json($file), String($pointer ?? ''));
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.#resolved(entry)]));
  }

  /** The expected results, in the order in which they are judged. */
  get expected(): readonly Expected[] {
    const { tensors, values } = this.about.expected;
    const results = new Map<string, Expected>();
    for (const rule of values) {
      for (const { name, value } of this.#valuesOf(rule)) {
        if (results.has(name)) continue;
        const tolerance = this.#tolerance(rule.tolerance);
        results.set(
          name,
          rule.rejection ? { name, tolerance, kind: 'rejection' } : { name, tolerance, kind: 'value', value },
        );
      }
    }
    for (const [name, entry] of Object.entries(tensors)) {
      const read = () => this.tensor(name, entry);
      results.set(name, { name, tolerance: this.#tolerance(entry.tolerance), kind: 'tensor', entry, read });
    }
    return [...results.values()];
  }

  #valuesOf({ results, as, value, from }: ExpectedValues): { name: string; value: unknown }[] {
    if (from) return [{ name: results, value: resolvePointer(this.json(from.file), from.pointer) }];
    if (value !== undefined) return [{ name: results, value }];
    return pointersOf(this.data, results).map(({ pointer, value, wild }) => {
      let next = 0;
      return { name: as === undefined ? pointer : as.replaceAll('*', () => wild[next++] ?? '*'), value };
    });
  }

  #tolerance(name: string | undefined): Tolerance {
    if (name === undefined) return EXACT;
    const tolerance = this.about.tolerances[name];
    if (!tolerance) throw new InvalidInputError(`${this.name} has no tolerance "${name}"`);
    return tolerance;
  }

  /** The values of a tensor, in the element type that the vector states. */
  tensor(name: string, entry: TensorEntry): TensorData {
    const { file = 'data.safetensors', tensor = name, dtype } = entry;
    let opened = this.#files.get(file);
    if (!opened) {
      opened = readSafetensors(new Uint8Array(readFileSync(this.path(file))), this.path(file));
      this.#files.set(file, opened);
    }
    const stored = opened.tensors.get(tensor);
    if (!stored) throw new InvalidInputError(`${this.path(file)} has no tensor ${tensor}`);
    if (String(stored.shape) !== String(entry.shape)) {
      throw new InvalidInputError(`${this.path(file)}: ${tensor} has shape [${stored.shape}], not [${entry.shape}]`);
    }
    const values = opened.read(tensor);
    return stored.dtype === dtype ? values : (DTYPES[dtype] as Float64ArrayConstructor).from(values as Float64Array);
  }

  /** Frees the files in memory. */
  forget(): void {
    this.#files.clear();
    this.#document = undefined;
  }

  json(file: string): unknown {
    const path = this.path(file);
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch (cause) {
      throw new InvalidInputError(`${path} is missing or no JSON: ${(cause as Error).message}`, { cause });
    }
  }

  /**
   * The path of a file of the vector, in its folder or in a sibling folder.
   *
   * @throws InvalidInputError if it is missing or elsewhere
   */
  path(file: string): string {
    const path = typeof file === 'string' ? resolve(this.folder, file) : '';
    const below = relative(resolve(this.folder, '..'), path);
    const isOutside = below === '' || below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below);
    if (!path || file === '' || file.includes('\0') || isAbsolute(file) || isOutside) {
      throw new InvalidInputError(`a vector names ${JSON.stringify(file)}, which is not in ${join(this.folder, '..')}`);
    }
    if (!existsSync(path)) throw new InvalidInputError(`${path} is missing`);
    return path;
  }
}
