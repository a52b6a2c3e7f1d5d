import * as tf from '@tensorflow/tfjs-core';

/** Internals of tfjs's wasm backend that our kernels use. */
export interface WasmBackend {
  readonly wasm: WasmModule;
  readonly dataIdMap: tf.DataStorage<WasmData>;
  makeOutput(shape: number[], dtype: tf.DataType, memoryOffset?: number): tf.TensorInfo;
  typedArrayFromHeap(x: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
  incRef(dataId: object): void;
  disposeData(dataId: object, force?: boolean): boolean;
}

interface WasmData {
  readonly id: number;
  readonly memoryOffset: number;
}

/** The compiled module. */
export interface WasmModule {
  _malloc: (size: number) => number;
  _free: (offset: number) => void;
  cwrap(name: string, result: string | null, parameters: string[]): (...args: unknown[]) => unknown;
  readonly tfjs: { disposeData: (id: number) => void };
  /** Exports of the module; without the memory if it is tfjs's module with threads. */
  readonly asm: { readonly memory: WebAssembly.Memory };
}

/** The module's id of a tensor. */
export function idOf(backend: WasmBackend, x: tf.TensorInfo): number {
  return backend.dataIdMap.get(x.dataId).id;
}

/** Address of a tensor's values in the module's memory. */
export function addressOf(backend: WasmBackend, x: tf.TensorInfo): number {
  return backend.dataIdMap.get(x.dataId).memoryOffset;
}

/** Allocates scratch memory, aligned like a tensor. */
export function withScratch<T>(backend: WasmBackend, size: number, use: (address: number) => T): T {
  if (size === 0) return use(0);
  const address = backend.wasm._malloc(size);
  try {
    return use(address);
  } finally {
    backend.wasm._free(address);
  }
}

/** Runs the kernel that is registered for wasm under a name. */
export function runKernel(
  backend: WasmBackend,
  name: string,
  inputs: tf.NamedTensorInfoMap,
  attrs: tf.NamedAttrMap = {},
): tf.TensorInfo {
  return tf.getKernel(name, 'wasm').kernelFunc({ inputs, backend, attrs }) as tf.TensorInfo;
}

/**
 * A view of a part of a float32 tensor, sharing its memory.
 *
 * @param start first element
 * @param size  number of elements
 */
export function view(backend: WasmBackend, x: tf.TensorInfo, start: number, size: number) {
  const { memoryOffset } = backend.dataIdMap.get(x.dataId);
  const { dataId } = backend.makeOutput([size], 'float32', memoryOffset + 4 * start);
  const { id } = backend.dataIdMap.get(dataId);
  return {
    id,
    /** Removes the view without freeing memory, which `backend.disposeData` would do. */
    free() {
      backend.wasm.tfjs.disposeData(id);
      backend.dataIdMap.delete(dataId);
    },
  };
}
