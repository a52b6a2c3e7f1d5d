/// <reference types="long" preserve="true" />
/** The toybox: a small procedural world that renders aligned samples of every modality from a seed. */

export { type PoseParameters, posedJoints, projectedJoints } from '../modalities/people/posed-joints.js';
export type { Matrix, Vector } from '../modalities/people/rotations.js';
export { BODY_POSE_LENGTH, JOINT_PARENTS, JOINTS, type Joint, SHAPE_LENGTH } from '../modalities/people/skeleton.js';
export { cannyEdges, instanceEdges } from './annotations/edges.js';
export { INSTANCE_GRID, instanceText, type ToyboxInstance, toyboxInstances } from './annotations/instances.js';
export { metadataText, toyboxMetadata } from './annotations/metadata.js';
export { PALETTE_STEP, paletteText, toyboxPalette } from './annotations/palette.js';
export { POSE_LEVELS, poseOf, poseText } from './annotations/poses.js';
export { toyboxShadows } from './annotations/shadows.js';
export type { BodyPart, Cover } from './body-parts.js';
export type { Camera } from './camera.js';
export {
  captionObjects,
  type Describable,
  type DescribablePerson,
  type DescribableSolid,
  MAX_CAPTION_WORDS,
} from './caption.js';
export {
  COLOUR_VALUES,
  COLOURS,
  type Colour,
  DEPTH_RANGE,
  MATERIALS,
  MAX_OBJECTS,
  MAX_PEOPLE,
  type Material,
  MIN_VISIBLE_SHARE,
  OBJECT_CLASSES,
  type ObjectClass,
  SEMSEG_CLASSES,
  SEMSEG_PALETTE,
  type SemsegClass,
  SHAPES,
  type Shape,
  SIZES,
  type Size,
} from './constants.js';
export { type Blob, largestBlob } from './evaluation/round-blob.js';
export type { CaptionEncoder } from './features/caption-encoder.js';
export type { ImageNetwork } from './features/image-network.js';
export type { FrozenNetworks } from './features/stand-ins.js';
export {
  TOYBOX_CODEBOOK,
  TOYBOX_COORDINATE_BINS,
  TOYBOX_IMAGES,
  TOYBOX_MASK_TOKENS,
  TOYBOX_MODALITIES,
  TOYBOX_PATCH,
  TOYBOX_POSE_TOKENS,
  TOYBOX_SIZE,
  TOYBOX_TEXT_LENGTH,
  type ToyboxDrawing,
  type ToyboxImage,
  type ToyboxModality,
  type ToyboxTokenizer,
  toyboxModalities,
} from './modalities.js';
export { STAND_INS, type StandIn, TOYBOX_TOKENIZERS, type ToyboxTokenizerName } from './names.js';
export { globalOrientation, type Person } from './person.js';
export { ACTIONS, type Action } from './poses.js';
export { type Centre, holds, RELATIONS, type Relation } from './relations.js';
export type { RenderedMaps } from './render.js';
export {
  type RenderOptions,
  renderScene,
  type SampleOptions,
  type ToyboxDetection,
  type ToyboxObject,
  type ToyboxPerson,
  type ToyboxSample,
  toyboxDetections,
  toyboxSample,
} from './sample.js';
export { type Light, type Scene, type SceneOptions, sampleScene } from './scene.js';
export type { Solid } from './shapes.js';
export { SPLITS, type Split, toyboxSeed } from './splits.js';
export { maskedBatch, toyboxBatches } from './training/batches.js';
export { exampleBatches } from './training/examples.js';
export { TOYBOX_LOSS_WEIGHTS, TOYBOX_MIXTURE } from './training/mixture.js';
export { readToyboxTokens, writeToyboxTokens } from './training/token-files.js';
export { type ToyboxTokenizers, tokenizeToybox } from './training/tokenize.js';
export { joinToyboxTokens, type ToyboxTokens } from './training/tokens.js';
export { trainToyboxVocabulary } from './training/vocabulary.js';
