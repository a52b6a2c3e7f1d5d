import * as tf from '@tensorflow/tfjs-core';
import { BackendUnavailableError, pauseOrCancel } from '../src/errors.js';
import { BACKEND_NAMES, type BackendAdapters, type BackendName } from './adapter.js';
import { choose, type UseBackendOptions } from './choose.js';

/** Report of `fourm backends` about one backend. */
export interface BackendReport {
  readonly name: BackendName;
  readonly works: boolean;
  /** The device and library, or why the backend is not available. One line. */
  readonly description: string;
  /** Billions of floating-point operations a second in a matrix product, where it works. */
  readonly gigaflops?: number;
}

/** Side of the square matrices that are multiplied. */
const SIDE = 320;
/** Minimum duration of a measurement, in milliseconds. */
const LONG_ENOUGH = 200;

/** See `probeBackends`. */
export async function probe(
  adapters: BackendAdapters,
  options: UseBackendOptions & { onReport?: (report: BackendReport) => void },
): Promise<BackendReport[]> {
  const before = tf.engine().backendName;
  const reports: BackendReport[] = [];
  for (const name of BACKEND_NAMES) {
    await pauseOrCancel(options.signal, 'measuring the backends');
    const report = await probeOne(name, adapters, options);
    reports.push(report);
    options.onReport?.(report);
    if (before !== adapters[name].tfjsName) await adapters[name].stop?.();
  }
  if (before) await tf.setBackend(before);
  return reports;
}

async function probeOne(
  name: BackendName,
  adapters: BackendAdapters,
  options: UseBackendOptions,
): Promise<BackendReport> {
  try {
    const { description } = await choose(name, adapters, options);
    return { name, works: true, description, gigaflops: await matMulSpeed(options.signal) };
  } catch (cause) {
    if (!(cause instanceof BackendUnavailableError)) throw cause;
    return { name, works: false, description: cause.message };
  }
}

/** Increases the number of products until they take long enough to measure. The first round is a warm-up. */
async function matMulSpeed(signal: AbortSignal | undefined): Promise<number> {
  const a: tf.Tensor2D = tf.fill([SIDE, SIDE], 0.5);
  try {
    return await measure(a, signal);
  } finally {
    a.dispose();
  }
}

async function measure(a: tf.Tensor2D, signal: AbortSignal | undefined): Promise<number> {
  const multiply = async (times: number) => {
    await pauseOrCancel(signal, 'measuring the backends');
    const start = performance.now();
    const corner = tf.tidy(() => {
      let product: tf.Tensor = a;
      for (let i = 0; i < times; i++) product = tf.matMul(a, a);
      return tf.slice(product, [0, 0], [1, 1]);
    });
    await corner.data();
    corner.dispose();
    return performance.now() - start;
  };
  await multiply(1);
  let times = 1;
  let taken = await multiply(times);
  while (taken < LONG_ENOUGH) {
    times *= 2;
    taken = await multiply(times);
  }
  return (2 * SIDE ** 3 * times) / taken / 1e6;
}
