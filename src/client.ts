/// <reference types="long" preserve="true" />
/**
 * The page's side of a model that runs in a worker: `fourm/client`. It does not include tfjs.
 *
 * @module fourm/client
 */

export { type CacheChoice, cacheSize, clearCache } from './api/loading/cache.js';
export type {
  GivenInstance,
  GivenPose,
  GivenTokens,
  HostImage,
  HostInput,
  HostInputs,
  Input,
  Inputs,
  PageImage,
  WeightedInputs,
} from './api/types/inputs.js';
export type {
  GenerateOptions,
  GenerationProgress,
  ReconstructOptions,
  Seed,
  SignalOptions,
} from './api/types/options.js';
export type {
  DetectionsResult,
  DrawnResult,
  EmbeddingResult,
  FeaturesResult,
  ImageResult,
  InstancesResult,
  MetadataResult,
  PaletteResult,
  PosesResult,
  PredictedInstance,
  PredictedPose,
  Result,
  ResultCanvas,
  Results,
  ResultsByName,
  SavableResult,
  TextResult,
} from './api/types/results.js';
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
