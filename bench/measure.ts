import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type { Backend, BackendName } from '../backends/index.js';
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
  /** Median of the runs, in seconds, by the clock. */
  readonly wallSeconds: number;
  /** The same in processor time of all threads, which other programs disturb less. */
  readonly cpuSeconds: number;
  /** Cycles of a core, where the processor computes: comparable between clocks. */
  readonly cycles?: number;
  /** Multiplications and additions in a cycle of a core. */
  readonly flopsPerCycle?: number;
  /** Billions of multiplications and additions in matrix products a second, and its share of the backend's best. */
  readonly gigaflops?: number;
  readonly ofPeak?: number;
  /** Billions of bytes read and written a second, and its share of the bandwidth of copying. */
  readonly gigabytes?: number;
  readonly ofBandwidth?: number;
  /** Largest sum of all tensors, in bytes. */
  readonly tensorBytes: number;
  /** Most memory that the process had, in bytes. */
  readonly residentBytes: number;
}

/** Backends that compute on the calling thread, so that processor time can be used. */
export const ON_THIS_THREAD: readonly BackendName[] = ['wasm', 'cpu'];

/** Side of the matrices whose product is a backend's best. */
const PEAK_SIDE = 1024;
/** Numbers in the tensor whose copy is a backend's bandwidth: more than caches hold. */
const COPIED = 2 ** 24;

/**
 * Measures a row on the current backend, and the backend's peak between its runs, under the same load.
 *
 * @param threads of the backend; with several, time is by the clock, not of the processor
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
  if (!AT_ONCE.includes(tf.getBackend())) {
    const ends = [result.shape.map(() => 0), result.shape.map(() => 1)] as const;
    const corner = tf.slice(result, ...ends);
    await corner.data();
    corner.dispose();
  }
  result.dispose();
}

/** tfjs names of the synchronous backends. */
const AT_ONCE = ['wasm', 'cpu'];

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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
