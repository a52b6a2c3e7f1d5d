/** Tasks and results of implementations. */
import type { Dtype, TensorData } from '../../src/checkpoints/dtypes.js';

/** A tensor with its values in row-major order. */
export interface ResultTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** One result: a tensor, a JSON value, or the reason for rejecting the input. */
export type Result = { readonly tensor: ResultTensor } | { readonly value: unknown } | { readonly rejected: string };

/** The reply to a run: the results by name, the reason for skipping it, or the error. */
export type Reply =
  | { readonly results: ReadonlyMap<string, Result> }
  | { readonly skipped: string }
  | { readonly errored: string };

/** A task for an implementation: a vector without its results. */
export interface Task {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** The inputs in JSON. */
  readonly document?: unknown;
  readonly tensors: ReadonlyMap<string, { readonly dtype: Dtype; readonly shape: readonly number[] }>;
  /** The values of an input. */
  read(name: string): TensorData;
  /** Paths of files by their names in the options, such as `checkpoint`. */
  readonly files: Readonly<Record<string, string>>;
  /** Names of the requested results, with the element types of tensors. */
  readonly results: ReadonlyMap<string, Dtype | undefined>;
}

/** An implementation under test. */
export interface Implementation {
  /** A name for reports. */
  readonly name: string;
  run(task: Task, signal?: AbortSignal): Promise<Reply>;
  close(): Promise<void>;
}
