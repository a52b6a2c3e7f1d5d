/**
 * A backend whose kernels compute only the shapes of their outputs, and which adds up their bytes. The real code runs on it, so
 * `tf.tidy` and `dispose` determine the lifetime of each tensor.
 */
import * as tf from '@tensorflow/tfjs-core';
import { KERNEL_NAMES } from '../nn/kernels/declarations.js';
import type { KernelCall, KernelMemories, KernelMemory } from '../nn/kernels/memory-info.js';
import { KERNEL_SHAPES, type Shape, VIEWS } from './kernel-shapes.js';

interface Data {
  readonly bytes: number;
  references: number;
}

/** A tensor without values. */
export class ShapesBackend extends tf.KernelBackend {
  /** Maximum bytes at any time, of tensors and of kernels' workspace. */
  peak = 0;
  /** Bytes of the largest tensor. */
  largest = 0;
  #used = 0;
  readonly #data = new Map<object, Data>();

  /** Allocates the outputs of a kernel. */
  outputs(shapes: readonly Shape[], { scratch = 0, spare = 0 }: KernelMemory = {}): tf.TensorInfo[] {
    const made = shapes.map(({ shape, dtype }) => ({
      dataId: this.#allocate(bytesOf(shape, dtype)),
      shape: [...shape],
      dtype,
    }));
    this.#data.set(made[0]!.dataId, { bytes: bytesOf(made[0]!.shape, made[0]!.dtype) + spare, references: 1 });
    this.#used += spare;
    this.peak = Math.max(this.peak, this.#used + scratch);
    return made;
  }

  /** A tensor that counts as 0 bytes, for weights. The caller disposes of it. */
  standIn(shape: readonly number[], dtype: tf.DataType): tf.Tensor {
    const dataId = {};
    this.#data.set(dataId, { bytes: 0, references: 1 });
    return tf.keep(tf.engine().makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype }, this));
  }

  override write(_: unknown, shape: number[], dtype: tf.DataType): object {
    return this.#allocate(bytesOf(shape, dtype));
  }

  override numDataIds(): number {
    return this.#data.size;
  }

  override refCount(dataId: object): number {
    return this.#data.get(dataId)?.references ?? 0;
  }

  override incRef(dataId: object): void {
    this.#data.get(dataId)!.references++;
  }

  override disposeData(dataId: object): boolean {
    const data = this.#data.get(dataId)!;
    data.references--;
    if (data.references > 0) return false;
    this.#used -= data.bytes;
    this.#data.delete(dataId);
    return true;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  #allocate(bytes: number): object {
    const dataId = {};
    this.#data.set(dataId, { bytes, references: 1 });
    this.#used += bytes;
    this.peak = Math.max(this.peak, this.#used);
    this.largest = Math.max(this.largest, bytes);
    return dataId;
  }
}

function bytesOf(shape: readonly number[], dtype: tf.DataType): number {
  return tf.util.sizeFromShape(shape as number[]) * tf.util.bytesPerElement(dtype);
}

/** The kernels of a backend. */
export interface BackendKernels {
  /** Name of the backend in tfjs. */
  readonly backendName: string;
  /** Names of its kernels of `nn/kernels`. */
  readonly named: readonly string[];
  /** Workspace of its kernels besides inputs and outputs. */
  readonly memories: KernelMemories;
}

/** By backend name and named kernels: the name of the registered kernels, and the workspaces that they report now. */
const registered = new Map<string, { readonly name: string; memories: KernelMemories }>();

/** Registers kernels for a {@link ShapesBackend} that stands for a backend. @returns the backend name that they have */
export function registerShapeKernels({ backendName, named, memories }: BackendKernels): string {
  const key = [backendName, ...named].join();
  const known = registered.get(key);
  if (known) {
    // A backend that was started again may have other threads.
    known.memories = memories;
    return known.name;
  }
  const name = `fourm-shapes-${registered.size}`;
  const own = { name, memories };
  registered.set(key, own);
  const register = (kernelName: string, run: (call: KernelCall, backend: ShapesBackend) => tf.TensorInfo[]) =>
    tf.registerKernel({
      kernelName,
      backendName: name,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const results = run({ inputs: inputs as KernelCall['inputs'], attrs: attrs ?? {} }, backend as ShapesBackend);
        return results.length === 1 ? results[0]! : results;
      },
    });
  for (const [kernelName, shapeOf] of Object.entries(VIEWS)) {
    register(kernelName, ({ inputs, attrs }, backend) => {
      const { dataId } = Object.values(inputs)[0]!;
      backend.incRef(dataId);
      const { shape, dtype } = shapeOf(inputs, attrs);
      return [{ dataId, shape: [...shape], dtype }];
    });
  }
  const absent = KERNEL_NAMES.filter((kernel) => !named.includes(kernel));
  for (const [kernelName, shapesOf] of Object.entries(KERNEL_SHAPES)) {
    if ((absent as readonly string[]).includes(kernelName)) continue;
    register(kernelName, (call, backend) =>
      backend.outputs([shapesOf(call.inputs, call.attrs)].flat(), own.memories[kernelName]?.(call)),
    );
  }
  return name;
}
