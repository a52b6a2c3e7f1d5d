import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type { Backend, BackendName } from '../backends/index.js';
import { median } from '../src/evaluation/statistics.js';
import { cyclesPerSecond } from './cycles.js';
import { countedFlops } from './flops.js';
import type { Row, Work } from './row.js';

/** Measurements of a row. */
export interface Measurement {
  readonly name: string;
  readonly about: string;
  readonly backend: BackendName;
  /** Device and library, and whether wasm uses relaxed SIMD. */
  readonly description: string;
  readonly node: string;
  readonly processor: string;
  /** Median wall-clock time of the runs, in seconds. */
  readonly wallSeconds: number;
  /** Median CPU time of all threads, in seconds, which is less affected by other programs. */
  readonly cpuSeconds: number;
  /** Cycles of a core, on backends that run on the processor; comparable between clock frequencies. */
  readonly cycles?: number;
  /** Floating-point operations per cycle of a core. */
  readonly flopsPerCycle?: number;
  /** Billions of floating-point operations of matrix products per second, and their fraction of the backend's peak. */
  readonly gigaflops?: number;
  readonly ofPeak?: number;
  /** Billions of bytes read and written per second, and their fraction of the bandwidth of copying. */
  readonly gigabytes?: number;
  readonly ofBandwidth?: number;
  /** Peak size of all tensors, in bytes. */
  readonly tensorBytes: number;
  /** Peak resident memory of the process, in bytes. */
  readonly residentBytes: number;
}

/** Backends that compute synchronously on the calling thread, so that CPU time can be used. Also their names in tfjs. */
export const ON_THIS_THREAD: readonly BackendName[] = ['wasm', 'cpu'];

/** Side of the matrices whose product measures a backend's peak. */
const PEAK_SIDE = 1024;
/** Size of the tensor whose copy measures a backend's bandwidth: larger than the caches. */
const COPIED = 2 ** 24;

/**
 * Measures a row on the current backend, and the backend's peak between its runs, under the same load.
 *
 * @param threads of the backend; with several, time is wall-clock time instead of CPU time
 */
export async function measure(
  row: Row,
  { name: backend, description }: Backend,
  threads: number,
): Promise<Measurement> {
  const work = await row.prepare();
  const { flops, peakBytes } = await countedFlops(() => work.run());
  const yardstick = await yardstickFor(work, flops / (work.times ?? 1), backend);
  await yardstick?.run();
  const [own, best]: [Time[], Time[]] = [[], []];
  let clock = cyclesPerSecond();
  for (let i = 0; i < row.runs; i++) {
    if (yardstick) best.push(await timed(() => yardstick.run()));
    own.push(await timed(() => work.run()));
  }
  if (yardstick) best.push(await timed(() => yardstick.run()));
  yardstick?.dispose();
  clock = Math.max(clock, cyclesPerSecond());
  const busy = threads === 1 && ON_THIS_THREAD.includes(backend) ? 'cpu' : 'wall';
  const times = work.times ?? 1;
  const seconds = median(own.map((time) => time[busy])) / times;
  const rate = (yardstick?.amount ?? 0) / seconds / 1e9;
  const cycles = ON_THIS_THREAD.includes(backend) ? seconds * clock : undefined;
  const share = yardstick ? rate / (yardstick.ownAmount / Math.min(...best.map((time) => time[busy])) / 1e9) : 0;
  return {
    name: row.name,
    about: row.about,
    backend,
    description,
    node: process.version,
    processor: cpus()[0]!.model.trim(),
    wallSeconds: median(own.map((time) => time.wall)) / times,
    cpuSeconds: median(own.map((time) => time.cpu)) / times,
    ...(cycles !== undefined && { cycles }),
    ...(cycles !== undefined && yardstick?.of === 'flops' && { flopsPerCycle: yardstick.amount / cycles / threads }),
    ...(yardstick?.of === 'flops' && { gigaflops: rate, ofPeak: share }),
    ...(yardstick?.of === 'bytes' && { gigabytes: rate, ofBandwidth: share }),
    tensorBytes: peakBytes,
    residentBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Peak rates of the backend, for comparison. */
interface Yardstick {
  readonly of: 'flops' | 'bytes';
  /** Operations and bytes of a run. */
  readonly amount: number;
  /** Result of {@link run}. */
  readonly ownAmount: number;
  run(): Promise<unknown>;
  dispose(): void;
}

async function yardstickFor(work: Work, flops: number, backend: BackendName): Promise<Yardstick | undefined> {
  if (work.bytes !== undefined) {
    const x = tf.fill<tf.Rank.R1>([COPIED / 2], 0.5);
    const run = () => finished(() => tf.concat([x, x]));
    return { of: 'bytes', amount: work.bytes, ownAmount: 8 * COPIED, run, dispose: () => x.dispose() };
  }
  if (flops === 0) return undefined;
  const side = backend === 'cpu' ? PEAK_SIDE / 4 : PEAK_SIDE;
  const x = tf.fill<tf.Rank.R2>([side, side], 0.5);
  const run = () => finished(() => tf.matMul(x, x));
  return { of: 'flops', amount: flops, ownAmount: 2 * side ** 3, run, dispose: () => x.dispose() };
}

/** Computes and waits for the result, by reading one number if the backend is asynchronous. */
export async function finished(compute: () => tf.Tensor): Promise<void> {
  const result = compute();
  if (!(ON_THIS_THREAD as readonly string[]).includes(tf.getBackend())) {
    const ends = [result.shape.map(() => 0), result.shape.map(() => 1)] as const;
    const corner = tf.slice(result, ...ends);
    await corner.data();
    corner.dispose();
  }
  result.dispose();
}

interface Time {
  readonly wall: number;
  readonly cpu: number;
}

async function timed(run: () => Promise<unknown>): Promise<Time> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - start) / 1e3, cpu: (user + system) / 1e6 };
}
