import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { WasmBackend } from '../../backends/wasm/backend.js';
import { guardMemory } from '../../backends/wasm/memory.js';

/** Largest predicted memory over the measured one. */
const LOOSE = 1.3;

/** The most that wasm's memory has held while something ran, besides what was there before. */
export async function peakOf(run: () => Promise<unknown>): Promise<number> {
  const memory = guardMemory(tf.backend() as unknown as WasmBackend);
  const before = memory.used;
  memory.peak = before;
  await run();
  return memory.peak - before;
}

/** Bytes of the largest tensor that is made while something runs: uploaded, or by a kernel. */
export async function largestMadeIn(run: () => Promise<unknown>): Promise<number> {
  // Else every result would be read back and searched for NaN.
  tf.env().set('CHECK_COMPUTATION_FOR_ERRORS', false);
  const { state, backend } = tf.engine();
  let uploaded = 0;
  const write = backend.write.bind(backend);
  backend.write = (values, shape, dtype) => {
    uploaded = Math.max(uploaded, tf.util.sizeFromShape(shape));
    return write(values, shape, dtype);
  };
  state.activeProfile = { ...state.activeProfile, kernels: [] };
  state.profiling = true;
  try {
    await run();
  } finally {
    state.profiling = false;
    backend.write = write;
  }
  const made = state.activeProfile.kernels.filter(({ name }) => name !== tf.Reshape && name !== tf.Identity);
  return 4 * Math.max(uploaded, ...made.flatMap(({ outputShapes }) => outputShapes.map(tf.util.sizeFromShape)));
}

/** Computed memory is at least the measured one, and not much more if the request had its maximum size. */
export function expectPredicted(predicted: number, measured: number, isWhole = true): void {
  expect(predicted).toBeGreaterThanOrEqual(measured);
  if (isWhole) expect(predicted / measured).toBeLessThan(LOOSE);
}
