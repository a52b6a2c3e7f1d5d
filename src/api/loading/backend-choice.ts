import { type Backend, type BackendName, type BackendOptions, useBackend } from '../../../backends/index.js';
import { InvalidInputError } from '../../errors.js';

/** Options that choose a tensor backend, as `useBackend` does. */
export interface BackendChoice extends Pick<BackendOptions, 'wasmPath' | 'threads'> {
  /** The tensor backend. If absent: `auto` if `wasmPath` or `threads` is given, and else the one that is in use. */
  readonly backend?: BackendName | 'auto' | undefined;
  /** Another name for `backend`, which other libraries have. */
  readonly device?: BackendName | 'auto' | undefined;
}

/** Names of {@link BackendChoice}. */
export const BACKEND_OPTIONS = ['backend', 'device', 'wasmPath', 'threads'];

/** {@link BackendChoice} with what downloads of the backend share with those of the model. */
type ChoiceWithDownloads = BackendChoice & {
  readonly signal?: AbortSignal | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly cache?: unknown;
};

/**
 * Starts the backend that options choose; none if they choose none.
 *
 * @throws InvalidInputError for an unknown name, and for `backend` and `device` that differ
 * @throws BackendUnavailableError if it is not available here
 */
export async function startBackend(options: ChoiceWithDownloads): Promise<Backend | undefined> {
  const { backend, device, wasmPath, threads, cache, fetch, signal } = options;
  if (backend !== undefined && device !== undefined && backend !== device) {
    throw new InvalidInputError(`device is another name for backend, and they differ: '${device}' and '${backend}'`);
  }
  const name = backend ?? device;
  if (name === undefined && wasmPath === undefined && threads === undefined) return undefined;
  return useBackend(name ?? 'auto', {
    ...(wasmPath !== undefined && { wasmPath }),
    ...(threads !== undefined && { threads }),
    ...(fetch !== undefined && { fetch }),
    ...(signal !== undefined && { signal }),
    cache: cache !== false,
  });
}
