import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../nn/parameters.js';
import type { WorkingMemory } from './memory-profile.js';

/** What a backend knows of its memory, in bytes. */
export interface MemoryInfo {
  /** How much more tensors may take together; Infinity where nobody knows. */
  readonly free: number;
  /** The largest tensor that there can be; Infinity where nobody knows. */
  readonly largestTensor: number;
  /** How many copies it keeps of a weight, its own included. */
  readonly weightCopies: number;
  /** How many threads work at once, each with working memory of its own. */
  readonly threads: number;
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

/** What something computes with: weights, loaded or not, and what it takes besides. */
export interface Computation extends WorkingMemory {
  readonly parameters: readonly Parameter[];
}

/** Whether something does not fit beside all that is there now. */
export function exceedsFreeMemory({ parameters, working }: Computation): boolean {
  const room = memoryInfo();
  if (!room) return false;
  const missing = room.weightCopies * weightBytes(parameters.filter(({ loaded }) => !loaded));
  return missing + working > room.free;
}

/** What weights take as they are kept, in bytes. */
export function weightBytes(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, parameter) => sum + parameter.byteLengthAs(parameter.dtype), 0);
}
