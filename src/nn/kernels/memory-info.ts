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
  /** Behind its outputs, as long as they live. */
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
  /** How many copies it keeps of a weight, its own included. */
  readonly weightCopies: number;
  /** Workspace of its kernels besides inputs and outputs. */
  readonly kernels?: KernelMemories;
  /** Another backend that has more room, where there is one: how it is had, and how much tensors may take there. */
  readonly elsewhere?: { readonly how: string; readonly free: number } | undefined;
}

const rooms = new Map<string, () => MemoryInfo>();

/**
 * Says how a backend is asked about its memory. `useBackend` does; whoever starts a backend without it may too.
 *
 * @param tfjsName what tfjs calls the backend
 */
export function registerMemoryInfo(tfjsName: string, ask: () => MemoryInfo): void {
  rooms.set(tfjsName, ask);
}

/** The memory of the backend in use; undefined where nothing is known of it. */
export function memoryInfo(): MemoryInfo | undefined {
  return rooms.get(tf.engine().backendName)?.();
}
