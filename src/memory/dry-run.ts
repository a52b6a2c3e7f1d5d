/** Measures the memory of a computation by running it on a backend that only computes shapes. */
import * as tf from '@tensorflow/tfjs-core';
import { KERNEL_NAMES } from '../nn/kernels/declarations.js';
import { memoryInfo } from '../nn/kernels/memory-info.js';
import { registeredKernels } from '../nn/kernels/run-kernel.js';
import type { WeightDtype } from '../nn/packed/packing.js';
import { withStandIns } from '../nn/parameters.js';
import { type BackendKernels, registerShapeKernels, ShapesBackend } from './shapes-backend.js';

/** Properties of the device that determine memory. */
export interface DeviceModel extends BackendKernels {
  /** How weights that can be packed are kept; absent, as they are. */
  readonly dtype?: WeightDtype | undefined;
}

/** A backend with a kernel for every name, of which nothing else is known. */
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
  /** The most that is there at once. */
  readonly working: number;
  /** The largest tensor that is made. */
  readonly largestTensor: number;
}

/** Memory of a computation, by number of samples. */
export type MemoryBySamples = (samples: number) => WorkingMemory;

/**
 * So many samples are run. More take no more than in proportion: whatever there is grows with them, or does not grow.
 */
const MAX_SAMPLES = 8;

/** Measures something for the numbers of samples that are asked about, each once. */
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

/** The part of tfjs's engine that says what it computes with. */
interface Switch {
  backendName: string;
  backendInstance: tf.KernelBackend | null;
}

/**
 * Memory of a computation on a device.
 *
 * @param compute reads nothing back, and is done when it returns; what it leaves counts until then
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
