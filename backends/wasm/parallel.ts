/**
 * Runs a kernel on all threads. The work is divided into parts, which are lists of calls of our module's functions that write
 * disjoint results. Any thread takes the next part:
 *
 *     const columns = inRanges(backend, n, 32, m * n * k, (from, to) => [['product', …of columns from … to]]);
 *
 * Parts divide the results, never a sum, and the division does not change how a value is computed. So results are bit-identical
 * for any number of threads.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { simdModule } from './simd/module.js';
import { type Part, type Pool, runHere, type StartWorker, startPool } from './threads/pool.js';

export { OWN_SCRATCH } from './threads/board.mjs';
export type { Call, Part } from './threads/pool.js';

const pools = new WeakMap<WasmBackend, Pool>();

/** Threads that a backend computes with. */
export function threadsOf(backend: WasmBackend): number {
  return pools.get(backend)?.threads ?? 1;
}

/**
 * Sets a backend's threads and stops the previous ones.
 *
 * @param startWorker for more than one thread; the backend's memory must be shared
 */
export async function setThreads(backend: WasmBackend, threads: number, startWorker?: StartWorker): Promise<void> {
  if (threads === threadsOf(backend)) return;
  const before = pools.get(backend);
  // A concurrent computation must not use a thread that is about to end.
  pools.delete(backend);
  await before?.stop();
  if (threads === 1 || !startWorker) return;
  pools.set(backend, await startPool(simdModule(backend), backend.wasm.asm.memory, threads, startWorker));
}

/** Numbers in a vector of the module. */
export const LANES = 4;
/** Numbers in a line of the cache: parts of columns start at its multiples. */
export const LINE = 16;

/** Parts for each thread; with several, a delayed thread delays the others less. */
const PARTS_EACH = 4;

/** Minimum number of multiplications of a part. Measured. */
const MIN_WORK = 2 ** 18;

/**
 * Divides a range into as many parts as pay off.
 *
 * @param length of the range
 * @param unit   parts start at its multiples
 * @param work   multiplications of the whole range
 * @param part   the calls for a part of the range
 */
export function inRanges(
  backend: WasmBackend,
  length: number,
  unit: number,
  work: number,
  part: (from: number, to: number) => Part,
): Part[] {
  const threads = threadsOf(backend);
  if (threads === 1) return length > 0 ? [part(0, length)] : [];
  return cut(length, unit, Math.min(PARTS_EACH * threads, Math.floor(work / MIN_WORK)), part);
}

/** The same, with a maximum number of parts. */
export function cut(length: number, unit: number, maxParts: number, part: (from: number, to: number) => Part): Part[] {
  const step = unit * Math.ceil(length / unit / Math.max(1, maxParts));
  const parts: Part[] = [];
  for (let from = 0; from < length; from += step) parts.push(part(from, Math.min(length, from + step)));
  return parts;
}

/**
 * Computes a float32 tensor in parts.
 *
 * @param scratchBytes scratch memory of a thread; calls refer to it as {@link OWN_SCRATCH}
 * @param partsFor     the parts, for a result at an address
 * @throws BackendError when a thread fails
 */
export function computed(
  backend: WasmBackend,
  shape: number[],
  scratchBytes: number,
  partsFor: (out: number) => Part[],
): tf.TensorInfo {
  return withScratch(backend, threadsOf(backend) * scratchBytes, (scratch) => {
    const out = backend.makeOutput(shape, 'float32');
    try {
      runParts(backend, partsFor(addressOf(backend, out)), scratch, scratchBytes);
      return out;
    } catch (cause) {
      backend.disposeData(out.dataId);
      throw cause;
    }
  });
}

/**
 * Runs parts, and returns when all are done.
 *
 * @param scratch      memory for all threads
 * @param scratchBytes bytes of each thread
 * @throws BackendError when a thread fails
 */
export function runParts(backend: WasmBackend, parts: readonly Part[], scratch: number, scratchBytes: number): void {
  if (threadsOf(backend) === 1 || parts.length === 1) runHere(simdModule(backend), parts, scratch);
  else pools.get(backend)!.run(parts, scratch, scratchBytes);
}
