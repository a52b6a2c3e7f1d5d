/** Metrics, a file a task, on plain arrays. */

export {
  type ClassDetectionScores,
  type DetectionScores,
  IOU_THRESHOLDS,
  type PrecisionCurve,
  RECALL_THRESHOLDS,
} from './average-precision.js';
export { boxIou, boxOfCorners, type CocoBox } from './box-matching.js';
export {
  type Box3D,
  BoxMetric3D,
  type BoxScores3D,
  boxIou3D,
  type DetectedBox3D,
  IOU_THRESHOLDS_3D,
} from './boxes-3d.js';
export {
  CaptionMetric,
  type CaptionScores,
  type CaptionVocabulary,
  type NamedObject,
  namedObjects,
} from './captions.js';
export { CocoFiles, type CocoShape } from './coco.js';
export { type CocoImage, type CocoObject, cocoImages } from './coco-dataset.js';
export { type DepthImageScores, DepthMetric, type DepthScores } from './depth.js';
export { type AlignedDepth, alignDepth, DEPTH_ALIGNMENTS, type DepthAlignment, MIN_DEPTH } from './depth-alignment.js';
export { scaleShiftInvariantError, standardisedError } from './depth-invariant.js';
export {
  type DetectedMask,
  type DetectedObject,
  DetectionMetric,
  InstanceSegmentationMetric,
  type TrueMask,
  type TrueObject,
} from './detection.js';
export { EdgeMetric, type EdgeScores } from './edges.js';
export { cosineSimilarities, type Embeddings } from './embeddings.js';
export { FactMetric, type Facts } from './fact-errors.js';
export { FeatureMetric, type FeatureScores } from './feature-error.js';
export { type FrechetTerms, fitGaussian, frechetDistance, type Gaussian } from './frechet.js';
export {
  ImageMetric,
  type ImageScores,
  meanAbsoluteError,
  meanSquaredError,
  psnr,
  type SsimOptions,
  type SsimWindow,
  ssim,
  ssimMap,
  ssimOfChannels,
} from './images.js';
export {
  classifyByNeighbours,
  type NeighbourOptions,
  type NeighbourVotes,
  topAccuracy,
} from './nearest-neighbours.js';
export { NormalMetric, type NormalScores } from './normals.js';
export { PaletteMetric, paletteDifference } from './palettes.js';
export { boxToMask, polygonsToMask } from './polygons.js';
export { alignBySimilarity, type Similarity } from './pose-alignment.js';
export { type PoseErrors, PoseMetric, type PoseScores } from './poses.js';
export { type Better, gapClosed, gapOf, type ScoreRow, scoreCells, scoreTable } from './report.js';
export { type RetrievalScores, recallAt, retrieve, type TieRule } from './retrieval.js';
export {
  axisAngleToMatrix,
  axisAngleToQuaternion,
  geodesicDistance,
  type Matrix3,
  matrixToAxisAngle,
  matrixToEuler,
  matrixToQuaternion,
  matrixToSix,
  nearestRotation,
  type Quaternion,
  quaternionToAxisAngle,
  quaternionToMatrix,
  type SixNumbers,
  sixToMatrix,
  type Vector,
} from './rotations.js';
export { runsToString, stringToRuns } from './run-length-string.js';
export {
  decodeMask,
  encodeMask,
  maskArea,
  maskBox,
  maskIou,
  mergeMasks,
  type RunLengths,
} from './run-lengths.js';
export { SegmentationMetric, type SegmentationScores, type SegmentationSummary } from './segmentation.js';
export { type CocoSegmentation, segmentationToMask } from './segmentations.js';
export { MeanPredictor, MostFrequentPredictor, unitVectors } from './trivial.js';
