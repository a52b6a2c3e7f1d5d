/** Modalities: their tokens, the meaning of their values, and text formats. */
export type { Box, CropArea, PictureSize } from './boxes.js';
export { channelsFirst, channelsLast } from './channel-order.js';
export { centreSquare, cropAndResize, flipImage, flipNormals, surroundingSquare } from './crop-images.js';
export { withChannels } from './grey.js';
export { channelsOf, fromTokenizerValues, type ImageValues, toTokenizerValues } from './images.js';
export { binaryMask, depthAsFloats, shiftClasses, standardiseDepth } from './maps.js';
export { type ModalityInfo, type ModalityKind, modalityId } from './modality.js';
export {
  denormalise,
  IMAGENET,
  type Normalisation,
  normalise,
  PLUS_MINUS_ONE,
  SURFACE_NORMALS,
} from './normalisation.js';
export { type ModalityOverride, overrideModalities } from './overrides.js';
export { drawSkeletons } from './people/draw-skeletons.js';
export { publishedModalities, publishedTokenizerInputs } from './published.js';
export {
  confidentDetections,
  cropDetections,
  type DetectionOrder,
  flipDetections,
  type ScoredDetection,
  selectDetections,
} from './scored-detections.js';
export {
  type Detection,
  detectionsToText,
  orderDetections,
  readDetections,
  textToDetections,
} from './text/detections.js';
export { drawMetadata } from './text/draw-metadata.js';
export {
  cropHumanPoses,
  type HumanPose,
  humanPosesToText,
  type PoseComponent,
  readHumanPoses,
  textToHumanPoses,
} from './text/human-poses.js';
export {
  METADATA_KEYS,
  METADATA_RULES,
  type Metadata,
  type MetadataKey,
  metadataToChunks,
  metadataToText,
  readMetadata,
  textToMetadata,
} from './text/metadata.js';
export { drawPalette, paletteToText, type Rgb, readPalette, textToPalette } from './text/palette.js';
export {
  gridPoints,
  type OutlinedInstance,
  type Point,
  readSamInstances,
  type SamInstance,
  samInstancesAtPointsToText,
  samInstancesToText,
  textToSamInstances,
} from './text/sam-instances.js';
export type { CompatOptions, ParsedText } from './text/words.js';
