/// <reference types="long" preserve="true" />
/**
 * The page's side of a model that runs in a worker: `fourm/client`. It does not include tfjs.
 *
 * @module fourm/client
 */

export { type CacheChoice, cacheSize, clearCache } from './api/loading/cache.js';
export type * from './api/types/index.js';
export {
  BackendUnavailableError,
  CancelledError,
  CheckpointError,
  DownloadError,
  FourMError,
  InvalidInputError,
  MediaError,
  MemoryError,
  NotFiniteError,
  OutputError,
  WorkerError,
} from './errors.js';
export type { CacheStore } from './hub/cache-store.js';
export { encodePng } from './media/encode.js';
export type { Raster, RgbImage } from './media/raster.js';
export type { WeightDtype } from './nn/packed/packing.js';
export * as recipes from './recipes/index.js';
export { loadModelInWorker, type RemoteModel, type WorkerLoadOptions } from './worker/client.js';
export type { ModelWorker } from './worker/worker-end.js';
