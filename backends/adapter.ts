import type { MemoryInfo } from '../src/nn/kernels/memory-info.js';

/** Names of the backends, the fastest first. */
export const BACKEND_NAMES = ['webgpu', 'cuda', 'node', 'wasm', 'cpu'] as const;

/** One of {@link BACKEND_NAMES}. */
export type BackendName = (typeof BACKEND_NAMES)[number];

/** Options for starting a backend. */
export interface BackendOptions {
  /**
   * In a browser: the address, relative to the page, of the folder that serves the `.wasm` files of `@tensorflow/tfjs-backend-wasm`.
   * In Node, for a bundle in another folder: the path of their folder. If they are missing there, `auto` fails too.
   */
  wasmPath?: string | URL;
  /**
   * Number of threads of `wasm`; results are bit-identical. Absent: in Node the environment variable `FOURM_THREADS`, otherwise
   * the number of processors, at most eight; in a browser one, unless the page is cross-origin isolated. If threads cannot be
   * started, one thread is used with a warning; with `threads` set it is an error.
   */
  threads?: number;
  /**
   * Whether `wasm` multiplies and adds in one instruction of relaxed SIMD, which is faster and rounds once instead of twice.
   * Absent: where engine and processor have it (Node 22, current Chrome and Firefox). `true` is an error elsewhere; `false`
   * computes in the same way on every processor.
   */
  relaxedSimd?: boolean;
  /** In a browser: whether the `.wasm` file is kept in the Cache API, where the page may use that; true if absent. */
  cache?: boolean;
  /** In a browser: fetches the `.wasm` file in place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** Starts, describes and releases one backend. */
export interface BackendAdapter {
  /** Name of the backend in tfjs. */
  readonly tfjsName: string;
  /** Whether it compiles programs on first use, which takes seconds in total. */
  readonly compiles?: boolean;
  /** Whether `auto` should try to start it; false if it is known to fail. */
  mayWork?(): boolean;
  /**
   * Loads the backend's package, registers it with tfjs, patches its kernels, and makes it tfjs's backend. Idempotent.
   *
   * @returns one line: the device, the library and its version
   * @throws BackendUnavailableError naming what is missing and how to get it
   */
  start(options: BackendOptions): Promise<string>;
  /** Whether `auto` may keep it; called after `start`. A software WebGPU adapter works, and is slower than wasm. */
  worthKeeping?(): boolean;
  /** Memory of the backend; called after `start`, before large computations. */
  memory?(): MemoryInfo;
  /** Releases resources that keep the process alive. */
  stop?(): Promise<void>;
}

/** An adapter for every name. */
export type BackendAdapters = Readonly<Record<BackendName, BackendAdapter>>;
