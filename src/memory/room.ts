import * as tf from '@tensorflow/tfjs-core';

/** What a backend knows of its memory, in bytes. */
export interface MemoryRoom {
  /** How much more tensors may take together; Infinity where nobody knows. */
  readonly free: number;
  /** The largest tensor that there can be; Infinity where nobody knows. */
  readonly largestTensor: number;
  /** How many copies it keeps of a weight, its own included. */
  readonly weightCopies: number;
  /** Another backend that has more room, where there is one: how it is had, and how much tensors may take there. */
  readonly elsewhere?: { readonly how: string; readonly free: number } | undefined;
}

const rooms = new Map<string, () => MemoryRoom>();

/**
 * Says how a backend is asked about its memory. `useBackend` does; whoever starts a backend without it may too.
 *
 * @param tfjsName what tfjs calls the backend
 */
export function describeMemory(tfjsName: string, ask: () => MemoryRoom): void {
  rooms.set(tfjsName, ask);
}

/** The memory of the backend in use; undefined where nothing is known of it. */
export function memoryRoom(): MemoryRoom | undefined {
  return rooms.get(tf.engine().backendName)?.();
}
