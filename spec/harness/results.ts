/** What an implementation answers. */
import type { Dtype, TensorData } from '../../src/checkpoints/dtypes.js';

/** A tensor with its values in row-major order. */
export interface ResultTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** One result: a tensor, anything that JSON can hold, or that the input was rejected, and why. */
export type Result = { readonly tensor: ResultTensor } | { readonly value: unknown } | { readonly rejected: string };

/** The answer to a run: the results by name, why there are none, or what went wrong. */
export type Reply =
  | { readonly results: ReadonlyMap<string, Result> }
  | { readonly skipped: string }
  | { readonly errored: string };

/** What an implementation is given: everything that a vector holds but the results. */
export interface Task {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Inputs that are JSON. */
  readonly document?: unknown;
  readonly tensors: ReadonlyMap<string, { readonly dtype: Dtype; readonly shape: readonly number[] }>;
  /** The values of an input. */
  read(name: string): TensorData;
  /** Paths of files by their names in the options, such as `checkpoint`. */
  readonly files: Readonly<Record<string, string>>;
  /** The results that are asked for: their names, and the element types of those that are tensors. */
  readonly results: ReadonlyMap<string, Dtype | undefined>;
}

/** An implementation under test. */
export interface Implementation {
  /** A name for reports. */
  readonly name: string;
  run(task: Task, signal?: AbortSignal): Promise<Reply>;
  close(): Promise<void>;
}
