/** How a backend reports its memory and the workspace of its kernels. */
import * as tf from '@tensorflow/tfjs-core';

/** Inputs of a kernel call. For kernels with a list of tensors, the names are indices. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  // biome-ignore lint/suspicious/noExplicitAny: every kernel has its own
  readonly attrs: Readonly<Record<string, any>>;
}

/** Workspace of a kernel besides inputs and outputs, in bytes. */
export interface KernelMemory {
  /** While it runs. */
  readonly scratch?: number;
  /** Spare capacity behind its outputs, for their lifetime. */
  readonly spare?: number;
}

/** {@link KernelMemory} by the name of the kernel; those that take nothing are absent. */
export type KernelMemories = Readonly<Record<string, (call: KernelCall) => KernelMemory>>;

/** Memory of a backend, in bytes. */
export interface MemoryInfo {
  /** Free memory for tensors; Infinity if unknown. */
  readonly free: number;
  /** Maximum size of a tensor; Infinity if unknown. */
  readonly largestTensor: number;
  /** Number of copies of a weight that it keeps, including the original. */
  readonly weightCopies: number;
  /** Workspace of its kernels besides inputs and outputs. */
  readonly kernels?: KernelMemories;
  /** Another backend with more memory, if any: how to use it, and its memory for tensors. */
  readonly elsewhere?: { readonly how: string; readonly free: number } | undefined;
}

const queries = new Map<string, () => MemoryInfo>();
let registrations = 0;

/**
 * Registers how to query a backend's memory. `useBackend` does so; programs that start a backend themselves may call it.
 *
 * @param tfjsName tfjs's name of the backend
 */
export function registerMemoryInfo(tfjsName: string, query: () => MemoryInfo): void {
  queries.set(tfjsName, query);
  registrations++;
}

/** The memory of the current backend; undefined if unknown. */
export function memoryInfo(): MemoryInfo | undefined {
  return queries.get(tf.engine().backendName)?.();
}

/** A number that changes when a backend is started, since the workspace of its kernels may be another from then on. */
export function memoryInfoVersion(): number {
  return registrations;
}
