import type { Backend, BackendName } from '../../backends/index.js';
import type { LoadOptions } from '../api/loading/load-model.js';
import type { GenerateOptions, HostInput, HostInputs, Model } from '../api/model.js';
import { ownConditions, ownInput, ownInputs } from '../api/request/host-inputs.js';
import type { ReconstructOptions } from '../api/types/options.js';
import type { Results } from '../api/types/results.js';
import { type FourMError, InvalidInputError } from '../errors.js';
import { connect } from './connection.js';
import { mapValues, receivedResult, sentInput } from './results.js';
import type { ModelWorker } from './worker-end.js';

/** Options of {@link loadModelInWorker}. */
export interface WorkerLoadOptions extends Omit<LoadOptions, 'sleep' | 'clock' | 'fetch' | 'cache'> {
  /** As the option of `loadModel`; stores and functions cannot be sent to a worker. */
  readonly cache?: string | boolean;
  /** The worker's tensor backend; `auto` if absent. */
  readonly backend?: BackendName | 'auto' | undefined;
  /**
   * Milliseconds that a worker may take until it responds for the first time: its script is downloaded and started in this time; 30,000 if
   * absent.
   */
  readonly connectTimeout?: number | undefined;
}

/** A model that runs in a worker, with the methods of {@link Model}. */
export interface RemoteModel extends Omit<Model, 'dispose' | 'forTraining'> {
  /** The worker's tensor backend. */
  readonly backend: Backend;
  /** Releases the worker's memory and closes the connection. The worker keeps running; `worker.terminate()` ends it. */
  dispose(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/**
 * Loads a model in a worker, where it does not keep the page from drawing.
 *
 * ```ts
 * const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }); // worker.js: import 'fourm/worker';
 * const model = await loadModelInWorker(worker, '/models/toybox/', { wasmPath: '/wasm/' });
 * const { depth } = await model.generate({ rgb: file }, { to: ['depth'], onProgress, signal });
 * ```
 *
 * @param worker whose script is, or imports, `fourm/worker`; of the Web, or of Node's `worker_threads`. It may have several
 *               models, which share its backend
 * @param id     as `loadModel` takes it; addresses are relative to the page
 * @throws WorkerError if the worker cannot be started, ends, or does not respond in time because its script does not import
 *                     `fourm/worker`; also of later calls
 * @throws FourMError  as `useBackend` and `loadModel` do
 * @throws CancelledError as soon as the signal fires
 */
export async function loadModelInWorker(
  worker: ModelWorker,
  id: string,
  options: WorkerLoadOptions = {},
): Promise<RemoteModel> {
  const { connectTimeout, wasmPath, ...rest } = options;
  const { call, close } = await connect(worker, { signal: options.signal, timeout: connectTimeout });
  const paths = wasmPath !== undefined && { wasmPath: fromPage(String(wasmPath)) };
  let disposed = false;
  const generateMany: Model['generateMany'] = async <Name extends string>(
    samples: readonly HostInputs[],
    options: GenerateOptions<Name, HostInputs>,
  ) => {
    const { signal } = options;
    const conditions = (await ownConditions(options.conditions ?? [], signal)).map(({ inputs, weight }) => ({
      inputs: mapValues(inputs, sentInput),
      weight,
    }));
    const inputs = await Promise.all(samples.map((sample) => ownInputs(sample, signal)));
    const all = await call('generateMany', 'generating', [inputs.map((own) => mapValues(own, sentInput))], {
      ...options,
      conditions,
    });
    return all.map((results) => mapValues(results, receivedResult) as unknown as Results<Name>);
  };
  try {
    const about = await call('load', 'loading the model', [fromPage(id)], { ...rest, ...paths });
    return {
      ...about,
      generateMany,
      async generate(inputs, options) {
        const [result] = await generateMany([inputs], options);
        return result!;
      },
      async reconstruct<Name extends string>(
        name: Name,
        values: readonly HostInput[],
        options: ReconstructOptions = {},
      ) {
        const own = await Promise.all(values.map((value) => ownInput(name, value, options.signal)));
        const results = await call('reconstruct', `reconstructing '${name}'`, [name, own.map(sentInput)], options);
        return results.map(receivedResult) as Results<Name>[Name][];
      },
      async features(name, pictures, options = {}) {
        const own = await Promise.all(pictures.map((picture) => ownInput(name, picture, options.signal)));
        return call('features', `computing '${name}'`, [name, own], options);
      },
      bodyPoses: (people, options = {}) => call('bodyPoses', 'decoding poses', [people], options),
      masks: (objects, options = {}) => call('masks', 'decoding masks', [objects], options),
      async release() {
        if (!disposed) await call('release', `releasing '${about.name}'`, [], {});
      },
      async dispose(options = {}) {
        if (disposed) return;
        await call('dispose', `disposing of '${about.name}'`, [], options);
        disposed = true;
        close(new InvalidInputError(`the model '${about.name}' was disposed of`));
      },
    };
  } catch (error) {
    // If the worker still loads the model, it could not be disposed of later.
    call('dispose', 'disposing', [], {}).catch(() => {});
    close(error as FourMError);
    throw error;
  }
}

/** A path or address that begins at the page, where there is one, and not at the worker's script. */
function fromPage(path: string): string {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  return page !== undefined && /^\.{0,2}\//.test(path) ? new URL(path, page).href : path;
}
