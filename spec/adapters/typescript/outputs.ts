import type * as tf from '@tensorflow/tfjs-core';
import { DTYPES, type Dtype, type TensorData } from '../../../src/checkpoints/dtypes.js';
import { CheckpointError, InvalidInputError, MediaError, NotFiniteError } from '../../../src/errors.js';
import { resolvePointer } from '../../harness/json-pointer.js';
import type { Result } from '../../harness/results.js';

/** The results of a task. Results that were not requested are dropped. */
export class Outputs {
  readonly #asked: ReadonlyMap<string, Dtype | undefined>;
  readonly #results = new Map<string, Result>();

  constructor(asked: ReadonlyMap<string, Dtype | undefined>) {
    this.#asked = asked;
  }

  /** The names of the requested results. */
  get names(): string[] {
    return [...this.#asked.keys()];
  }

  wants(name: string): boolean {
    return this.#asked.has(name);
  }

  /**
   * Adds a tensor, in the requested element type.
   *
   * @throws InvalidInputError if the values do not fill the shape, or are not integers although an integer type is requested
   */
  tensor(name: string, values: ArrayLike<number>, shape: readonly number[]): void {
    const dtype = this.#asked.get(name);
    if (!dtype) return;
    const size = shape.reduce((product, length) => product * length, 1);
    if (values.length !== size) {
      throw new InvalidInputError(`${name} has ${values.length} values, which are not [${shape.join(', ')}]`);
    }
    if (!/^B?F\d/.test(dtype)) {
      const part = Array.from(values).find((value) => !Number.isInteger(value));
      if (part !== undefined) throw new InvalidInputError(`${name} holds ${part}, which is no ${dtype}`);
    }
    const data = DTYPES[dtype] as unknown as { from(values: ArrayLike<number>): TensorData };
    this.#results.set(name, { tensor: { dtype, shape: [...shape], data: data.from(values) } });
  }

  /** Adds a tensor of the device. The caller disposes of it. */
  async device(name: string, tensor: tf.Tensor): Promise<void> {
    if (this.wants(name)) this.tensor(name, await tensor.data(), tensor.shape);
  }

  /** Adds a value, or one that contains several requested results at pointers below its own. */
  value(pointer: string, value: unknown): void {
    const json = jsonOf(value);
    if (this.wants(pointer)) this.#results.set(pointer, { value: json });
    for (const name of this.#asked.keys()) {
      if (!name.startsWith(`${pointer}/`)) continue;
      const part = resolvePointer(json, name.slice(pointer.length));
      if (part !== undefined) this.#results.set(name, { value: part });
    }
  }

  rejected(name: string, reason: string): void {
    if (this.wants(name)) this.#results.set(name, { rejected: reason });
  }

  /** Adds a computed value, or the rejection of the input. */
  attempt(name: string, compute: () => unknown): void {
    try {
      this.value(name, compute());
    } catch (error) {
      if (!isRejection(error)) throw error;
      for (const asked of this.#asked.keys()) {
        if (asked === name || asked.startsWith(`${name}/`)) this.rejected(asked, error.message);
      }
    }
  }

  /** Computes several results, or rejects the input of all of them. */
  async orReject(names: readonly string[], compute: () => void | Promise<void>): Promise<void> {
    try {
      await compute();
    } catch (error) {
      if (!isRejection(error)) throw error;
      for (const name of names) this.rejected(name, error.message);
    }
  }

  get results(): ReadonlyMap<string, Result> {
    return this.#results;
  }
}

/** Whether an error reports invalid input, not a defect of ours. */
function isRejection(error: unknown): error is Error {
  return [InvalidInputError, CheckpointError, MediaError, NotFiniteError].some((kind) => error instanceof kind);
}

/** Converts to JSON: typed arrays become lists, NaN and infinities become strings, undefined fields are dropped. */
function jsonOf(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as unknown as ArrayLike<unknown>, jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(fields.map(([key, entry]) => [key, jsonOf(entry)]));
}
