/** Measures the memory of a computation by running it on a backend that only computes shapes. */
import * as tf from '@tensorflow/tfjs-core';
import { KERNEL_NAMES } from '../nn/kernels/declarations.js';
import { memoryInfo } from '../nn/kernels/memory-info.js';
import { registeredKernels } from '../nn/kernels/run-kernel.js';
import type { WeightDtype } from '../nn/packed/packing.js';
import { withStandIns } from '../nn/stand-ins.js';
import { type BackendKernels, registerShapeKernels, ShapesBackend } from './shapes-backend.js';

/** Properties of the device that determine memory. */
export interface DeviceModel extends BackendKernels {
  /** Storage type of packable weights; absent, the current one. */
  readonly dtype?: WeightDtype | undefined;
}

/** A hypothetical backend that has all named kernels. */
export function namedKernelDevice(dtype?: WeightDtype): DeviceModel {
  return { backendName: '', named: KERNEL_NAMES, memories: {}, dtype };
}

/** The backend in use. */
export function currentDevice(dtype?: WeightDtype): DeviceModel {
  const { backendName } = tf.engine();
  return { backendName, named: [...registeredKernels()], memories: memoryInfo()?.kernels ?? {}, dtype };
}

/** Memory besides weights, in bytes. */
export interface WorkingMemory {
  /** Maximum at any time. */
  readonly working: number;
  /** Largest single tensor. */
  readonly largestTensor: number;
}

/** Memory of a computation, by number of samples. */
export type MemoryBySamples = (samples: number) => WorkingMemory;

/**
 * Maximum number of samples to run. The memory of more is extrapolated in proportion, an upper bound: no part grows faster than
 * the number of samples.
 */
const MAX_SAMPLES = 8;

/** Measures the memory for each requested number of samples once. */
export function bySamples(measure: (samples: number) => WorkingMemory): MemoryBySamples {
  const measured = new Map<number, WorkingMemory>();
  return (samples) => {
    const run = Math.min(samples, MAX_SAMPLES);
    const known = measured.get(run) ?? measure(run);
    measured.set(run, known);
    const { working, largestTensor } = known;
    return {
      working: Math.ceil((working * samples) / run),
      largestTensor: Math.ceil((largestTensor * samples) / run),
    };
  };
}

/** The part of tfjs's engine that holds the current backend. */
interface Switch {
  backendName: string;
  backendInstance: tf.KernelBackend | null;
}

/**
 * Memory of a computation on a device.
 *
 * @param compute synchronous, without reading values back; tensors that it does not dispose of count until it returns
 */
export function workingMemory(on: DeviceModel, compute: () => void): WorkingMemory {
  const engine = tf.engine() as unknown as Switch;
  const { backendName, backendInstance } = engine;
  const backend = new ShapesBackend();
  const standIns = new Map<string, tf.Tensor>();
  const tensor = (shape: readonly number[], dtype: 'float32' | 'int32') => {
    const key = `${dtype} ${shape}`;
    const known = standIns.get(key) ?? backend.standIn(shape, dtype);
    standIns.set(key, known);
    return known;
  };
  engine.backendName = registerShapeKernels(on);
  engine.backendInstance = backend;
  try {
    tf.tidy(() => withStandIns({ dtype: on.dtype, tensor }, compute));
  } finally {
    for (const each of standIns.values()) each.dispose();
    Object.assign(engine, { backendName, backendInstance });
  }
  return { working: backend.peak, largestTensor: backend.largest };
}
