import { BackendError } from '../../../src/errors.js';
import type { SimdModule } from '../simd/module.js';
import { BOARD_BYTES, boardOn, JOB, OWN_SCRATCH, PARTS_DONE, PARTS_LEFT, takeMessage, takeParts } from './board.mjs';

/** A call of a function of the module. */
export type Call = readonly [name: string, ...values: number[]];

/** Calls that one thread makes in order. */
export type Part = readonly Call[];

/** Threads that share the module's memory. */
export interface Pool {
  /** Number of threads, including the calling one. */
  readonly threads: number;
  /**
   * Runs the parts in parallel, in any order, and returns when all are done.
   *
   * @param scratch      address of the scratch memory, which is divided among the threads
   * @param scratchBytes bytes of each thread
   * @throws BackendError when one fails or does not respond
   */
  run(parts: readonly Part[], scratch: number, scratchBytes: number): void;
  stop(): Promise<void>;
}

/** A thread beside the calling one. */
export interface RunningWorker {
  stop(): Promise<unknown>;
}

/** Starts one. `onLoss` is called if it ends on its own. */
export type StartWorker = (data: object, onLoss: (cause: unknown) => void) => Promise<RunningWorker>;

/** Timeout of a part in milliseconds, after which its thread counts as lost. Parts take a few milliseconds. */
const PATIENCE = 60_000;

/** Whether this thread may block; the main thread of a page may not. */
const maySleep = typeof document === 'undefined';

/**
 * Starts the workers.
 *
 * @param threads at least 2
 */
export async function startPool(
  simd: SimdModule,
  memory: WebAssembly.Memory,
  threads: number,
  startWorker: StartWorker,
): Promise<Pool> {
  const { module, functions } = simd;
  const board = boardOn(new SharedArrayBuffer(BOARD_BYTES));
  const { buffer, counters, numbers } = board;
  const names = Object.keys(functions);
  const index = new Map(names.map((name, i) => [name, i]));
  const own = Object.values(functions);
  let lost: unknown;
  const starting = Array.from({ length: threads - 1 }, (_, i) =>
    startWorker({ module, memory, buffer, thread: i + 1 }, (cause) => {
      lost = cause;
    }),
  );
  const started = await Promise.allSettled(starting);
  const workers = started.flatMap((worker) => (worker.status === 'fulfilled' ? [worker.value] : []));
  const stop = async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
  };
  const failed = started.find((worker) => worker.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }

  /** Writes as many parts as fit on the board. @returns their number */
  const write = (parts: readonly Part[]): number => {
    let at = 2 + parts.length;
    let written = 0;
    for (const part of parts) {
      const size = part.reduce((sum, call) => sum + call.length + 1, 1);
      if (at + size > numbers.length) break;
      numbers[2 + written++] = at;
      numbers[at++] = part.length;
      for (const [name, ...values] of part) {
        numbers[at++] = index.get(name)!;
        numbers[at++] = values.length;
        for (const value of values) numbers[at++] = value;
      }
    }
    return written;
  };

  const gone = () => new BackendError(`a thread of the wasm backend is gone: ${lost}`);

  const finish = (parts: number): void => {
    takeParts(board, own, 0);
    for (let done = Atomics.load(counters, PARTS_DONE); done < parts; done = Atomics.load(counters, PARTS_DONE)) {
      if (awaitChange(counters, PARTS_DONE, done)) continue;
      // The lost thread may still write to memory that is freed by then, so later results would be unreliable.
      lost = `it has not responded for ${PATIENCE / 1000} s`;
      throw gone();
    }
  };

  return {
    threads,
    run(parts, scratch, scratchBytes) {
      if (lost !== undefined) throw gone();
      numbers[0] = scratch;
      numbers[1] = scratchBytes;
      for (let first = 0; first < parts.length; ) {
        const count = write(parts.slice(first));
        first += Math.max(count, 1);
        if (count === 0) {
          // This part does not fit on the board.
          runHere(simd, [parts[first - 1]!], scratch);
          continue;
        }
        Atomics.store(counters, PARTS_DONE, 0);
        Atomics.store(counters, PARTS_LEFT, count);
        Atomics.add(counters, JOB, 1);
        Atomics.notify(counters, JOB);
        finish(count);
        const message = takeMessage(board);
        if (message !== undefined) throw new BackendError(`a thread of the wasm backend failed: ${message}`);
      }
    },
    stop,
  };
}

/** Waits until a counter changes. @returns false after the timeout */
function awaitChange(counters: Int32Array, counter: number, value: number): boolean {
  if (maySleep) return Atomics.wait(counters, counter, value, PATIENCE) !== 'timed-out';
  // No thread has more than its last part left to do.
  const end = performance.now() + PATIENCE;
  while (Atomics.load(counters, counter) === value) if (performance.now() > end) return false;
  return true;
}

/** Runs the parts on the calling thread. */
export function runHere({ functions }: SimdModule, parts: readonly Part[], scratch: number): void {
  for (const part of parts) {
    for (const [name, ...values] of part) {
      for (let i = 0; i < values.length; i++) if (values[i]! >= OWN_SCRATCH) values[i]! += scratch - OWN_SCRATCH;
      functions[name]!(...values);
    }
  }
}
