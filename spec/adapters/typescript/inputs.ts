import { readFileSync } from 'node:fs';
import type { TensorData } from '../../../src/checkpoints/dtypes.js';
import { readSafetensors, type SafetensorsFile } from '../../../src/checkpoints/safetensors.js';
import { InvalidInputError } from '../../../src/errors.js';
import type { Task } from '../../harness/results.js';

/** The inputs of a task, as the runners read them. */
export class Inputs {
  readonly #task: Task;
  readonly #unsupported: Set<string>;
  /** The options. Options that no runner reads are an error: to ignore them would change the task. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Folder of files that tasks need and that may not be redistributed, such as the official vocabulary. */
  readonly referenceData: string | undefined;

  constructor(task: Task, referenceData: string | undefined) {
    this.#task = task;
    this.#unsupported = new Set(Object.keys(task.options));
    this.referenceData = referenceData;
    this.options = new Proxy(task.options, {
      get: (options, key) => {
        this.#unsupported.delete(String(key));
        return options[String(key)];
      },
    });
  }

  get kind(): string {
    return this.#task.kind;
  }

  /** Names of the options that have not been read. */
  get unsupportedOptions(): string[] {
    return [...this.#unsupported];
  }

  /** The configuration of a model. */
  get config(): Readonly<Record<string, unknown>> {
    return (this.options.config ?? {}) as Record<string, unknown>;
  }

  /** The inputs in JSON. */
  json(): unknown {
    return this.#task.document;
  }

  /** The names of the tensors. */
  get names(): string[] {
    return [...this.#task.tensors.keys()];
  }

  has(name: string): boolean {
    return this.#task.tensors.has(name);
  }

  read(name: string): TensorData {
    return this.#task.read(name);
  }

  floats(name: string): Float32Array {
    return this.read(name) as Float32Array;
  }

  ints(name: string): Int32Array {
    return this.read(name) as Int32Array;
  }

  bytes(name: string): Uint8Array {
    return this.read(name) as Uint8Array;
  }

  /** The values of a tensor in double precision, from any stored type. */
  doubles(name: string): Float64Array {
    return Float64Array.from(this.read(name) as ArrayLike<number>);
  }

  /** @throws InvalidInputError if there is no such tensor */
  shape(name: string): readonly number[] {
    const entry = this.#task.tensors.get(name);
    if (!entry) throw new InvalidInputError(`there is no input ${name}`);
    return entry.shape;
  }

  hasFile(name: string): boolean {
    return Object.hasOwn(this.#task.files, name);
  }

  /** The bytes of a file of the task. @throws InvalidInputError if it has none of this name */
  file(name: string): Uint8Array {
    const path = this.#task.files[name];
    if (path === undefined) throw new InvalidInputError(`there is no file ${name}`);
    return new Uint8Array(readFileSync(path));
  }

  /** The task's checkpoint. */
  checkpoint(): SafetensorsFile {
    return readSafetensors(this.file('checkpoint'), this.#task.files.checkpoint!);
  }
}

/** A task that cannot be run here. The message has the reason and the remedy. */
export class SkippedTask extends Error {
  override readonly name = 'SkippedTask';
}
