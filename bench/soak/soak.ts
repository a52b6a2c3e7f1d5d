import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from '../../backends/wasm/backend.js';
import { guardMemory } from '../../backends/wasm/memory.js';
import type { Model } from '../../src/api/model.js';
import { CancelledError } from '../../src/errors.js';
import { Random } from '../../src/random.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { GENERATIONS, type Request, TASKS } from './tasks.js';

/** One in this many generations is cancelled. */
const CANCELLED_EVERY = 10;

/** Memory after a generation: the number of tensors, and sizes in bytes. */
export interface Footprint {
  readonly tensors: number;
  /** Of tensors, as counted by the guard of wasm's memory. */
  readonly used: number;
  /** Size of the module's memory, which never shrinks. */
  readonly heap: number;
  /** Of JavaScript's heap, after a garbage collection if Node runs with `--expose-gc`. */
  readonly script: number;
  /** Of the process. */
  readonly resident: number;
}

/** A generation that has ended. */
export interface Round {
  readonly task: string;
  /** Whether a cancellation was requested, and whether it took effect. */
  readonly stopped: boolean;
  readonly cancelled: boolean;
  readonly footprint: Footprint;
}

/**
 * Runs random tasks of a toybox model on wasm, and cancels every tenth at a random step.
 *
 * @throws the error of a task that was not cancelled
 */
export async function* soak(model: Model, rounds: number, seed = 0): AsyncGenerator<Round> {
  const random = new Random(seed);
  for (let round = 1; round <= rounds; round++) {
    const stopped = round % CANCELLED_EVERY === 0;
    const tasks = Object.entries(stopped ? GENERATIONS : TASKS);
    const [task, run] = tasks[random.integer(0, tasks.length - 1)]!;
    const request = { seed: round, ...(stopped && stopsAt(random.uniform())) };
    const cancelled = await run(model, toyboxSample(round, { people: false }), request).then(
      () => false,
      (error: unknown) => {
        if (stopped && error instanceof CancelledError) return true;
        throw error;
      },
    );
    yield { task, stopped, cancelled, footprint: footprint() };
  }
}

/** Cancels a request at a fraction of its progress. @param share 0…1 */
function stopsAt(share: number): Request {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onProgress: (progress) => {
      if (progress.share >= share) controller.abort();
    },
  };
}

function footprint(): Footprint {
  (globalThis as { gc?: () => void }).gc?.();
  const backend = tf.backend() as unknown as WasmBackend;
  const { rss: resident, heapUsed: script } = process.memoryUsage();
  const heap = backend.wasm.asm.memory.buffer.byteLength;
  return { tensors: tf.memory().numTensors, used: guardMemory(backend).used, heap, script, resident };
}
