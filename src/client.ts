/** The page's side of a model that runs in a worker: `fourm/client`. It brings no tensors with it. */
export type {
  GenerateOptions,
  GenerationProgress,
  Input,
  Inputs,
  ReconstructOptions,
  WeightedInputs,
} from './api/generate-options.js';
export type { GivenTokens } from './api/given-tokens.js';
export * as recipes from './api/recipes/index.js';
export type {
  DetectionsResult,
  EmbeddingResult,
  FeaturesResult,
  ImageResult,
  InstancesResult,
  MetadataResult,
  PaletteResult,
  PosesResult,
  Result,
  Results,
  ResultsByName,
  TextResult,
} from './api/results.js';
export type { GivenPose } from './api/texts/poses.js';
export {
  BackendUnavailableError,
  CancelledError,
  CheckpointError,
  DownloadError,
  FourMError,
  InvalidInputError,
  MediaError,
  MemoryError,
  OutputError,
  WorkerError,
} from './errors.js';
export { encodePng } from './media/encode.js';
export type { Raster, RgbImage } from './media/raster.js';
export type { WeightDtype } from './nn/packing.js';
export { loadModelInWorker, type RemoteModel, type WorkerLoadOptions } from './worker/client.js';
export type { ModelWorker } from './worker/connection.js';
