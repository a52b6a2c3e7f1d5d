/** The backends that can be asked for by name, the best first. */
export const BACKEND_NAMES = ['webgpu', 'cuda', 'node', 'wasm', 'cpu'] as const;

export type BackendName = (typeof BACKEND_NAMES)[number];

/** What a backend may need to know before it starts. */
export interface BackendOptions {
  /** In a browser: the folder (a URL ending in `/`) that serves the `.wasm` files of `@tensorflow/tfjs-backend-wasm`. */
  wasmPath?: string;
}

/** How one backend is had, and given back. */
export interface BackendAdapter {
  /** What tfjs calls it. */
  readonly tfjsName: string;
  /**
   * Loads the backend's package, registers it with tfjs, and adds the kernels that it lacks. May be called again.
   *
   * @returns one line about what was found: the device, the library and its version
   * @throws BackendUnavailableError naming what is missing and how to get it
   */
  start(options: BackendOptions): Promise<string>;
  /** Whether `auto` may take it; asked after `start`. A software WebGPU adapter works, and is slower than cpu. */
  readonly worthTaking?: () => boolean;
  /** Lets go of what keeps a process alive. */
  stop?(): Promise<void>;
}
