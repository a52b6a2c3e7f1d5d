/** The toybox: a small procedural world that renders aligned samples of every modality from a seed. */
export type { Camera, Vector } from './camera.js';
export { captionObjects, type Describable, MAX_CAPTION_WORDS } from './caption.js';
export {
  COLOUR_VALUES,
  COLOURS,
  type Colour,
  DEPTH_RANGE,
  MATERIALS,
  MAX_SOLIDS,
  type Material,
  MIN_SOLIDS,
  MIN_VISIBLE_SHARE,
  SEMSEG_CLASSES,
  SEMSEG_PALETTE,
  type SemsegClass,
  SHAPES,
  type Shape,
  SIZES,
  type Size,
} from './constants.js';
export { type Blob, largestBlob } from './evaluation/round-blob.js';
export {
  TOYBOX_CODEBOOK,
  TOYBOX_COORDINATE_BINS,
  TOYBOX_IMAGES,
  TOYBOX_PATCH,
  TOYBOX_SIZE,
  TOYBOX_TEXT_LENGTH,
  type ToyboxImage,
  toyboxModalities,
} from './modalities.js';
export { type Centre, holds, RELATIONS, type Relation } from './relations.js';
export type { RenderedMaps } from './render.js';
export {
  type Box,
  type RenderOptions,
  renderScene,
  type ToyboxDetection,
  type ToyboxObject,
  type ToyboxSample,
  toyboxDetections,
  toyboxSample,
} from './sample.js';
export { type Light, type Scene, sampleScene } from './scene.js';
export type { Solid } from './shapes.js';
export { SPLITS, type Split, toyboxSeed } from './splits.js';
export { maskedBatch, toyboxBatches } from './training/batches.js';
export { toyboxImages } from './training/images.js';
export { TOYBOX_LOSS_WEIGHTS, TOYBOX_MIXTURE } from './training/mixture.js';
export {
  joinToyboxTokens,
  readToyboxTokens,
  type ToyboxTokens,
  tokenizeToybox,
  writeToyboxTokens,
} from './training/tokens.js';
export { trainToyboxVocabulary } from './training/vocabulary.js';
