/// <reference types="long" preserve="true" />
/**
 * 4M-21 in TypeScript: predicts the other modalities of an image or text.
 *
 * The exports by name are what most programs need. Each layer of the implementation is a namespace, for programs that build on
 * parts of it: `tokenizers.tokenize(…)`, `transformer.forward(…)`. Nothing here needs Node; files on disk are in
 * `fourm/node`.
 *
 * @module fourm
 */
export type { Backend, BackendName, BackendOptions, BackendReport, UseBackendOptions } from '../backends/index.js';
export { BACKEND_NAMES, probeBackends, releaseBackend, useBackend } from '../backends/index.js';
export type { CacheChoice } from './api/loading/cache.js';
export { cacheSize, clearCache } from './api/loading/cache.js';
export { type LoadOptions, loadModel } from './api/loading/load-model.js';
export { type LoadTokenizerOptions, loadTokenizer } from './api/loading/load-tokenizer.js';
export type { FileOptions } from './api/loading/model-source.js';
export type { LoadedTokenizer } from './api/loading/tokenizer.js';
export { Model } from './api/model.js';
export type * from './api/types/index.js';
export type {
  DecodingSettings,
  PackageDetections,
  PackageEmbeddings,
  PackageFeatures,
  PackageImage,
  PackageInstances,
  PackageModality,
  PackagePoses,
  PackageTarget,
  PackageText,
  PackageTokens,
} from './api/types/package.js';
export * as checkpoints from './checkpoints/index.js';
export * as decoding from './decoding/index.js';
export {
  BackendError,
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
export * as evaluation from './evaluation/index.js';
export type { CacheStore } from './hub/cache-store.js';
export type { DownloadProgress } from './hub/remote-file.js';
export type { Sleep } from './hub/retries.js';
export * as masking from './masking/index.js';
export { decodeImage } from './media/decode.js';
export { encodePng } from './media/encode.js';
export * as media from './media/index.js';
export type { Raster, RgbImage } from './media/raster.js';
export type { ImageValues } from './modalities/images.js';
export * as modalities from './modalities/index.js';
export type { Box, Detection } from './modalities/text/detections.js';
export * as networks from './networks/index.js';
export * as nn from './nn/index.js';
export { Random } from './random.js';
export * as recipes from './recipes/index.js';
export * as tokenizers from './tokenizers/index.js';
export * as toybox from './toybox/index.js';
export * as training from './training/index.js';
export * as transformer from './transformer/index.js';
