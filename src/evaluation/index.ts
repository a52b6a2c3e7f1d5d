/** Metrics, a file a task, on plain arrays. */

export { boxIou, boxOfCorners, type CocoBox } from './box-matching.js';
export { CaptionMetric, type CaptionScores, type NamedObject } from './captions.js';
export { DepthMetric, type DepthScores } from './depth.js';
export { alignDepth, DEPTH_ALIGNMENTS, type DepthAlignment, SMALLEST_DEPTH } from './depth-alignment.js';
export {
  type ClassDetectionScores,
  type DetectedObject,
  DetectionMetric,
  type DetectionScores,
  IOU_THRESHOLDS,
  RECALL_THRESHOLDS,
  type TrueObject,
} from './detection.js';
export { type Better, gapClosed } from './gap.js';
export { ImageMetric, type ImageScores, psnr, type SsimWindow, ssim } from './images.js';
export { NormalMetric, type NormalScores } from './normals.js';
export { type ScoreRow, scoreTable } from './report.js';
export { SegmentationMetric, type SegmentationScores } from './segmentation.js';
export { MeanPredictor, MostFrequentPredictor, unitVectors } from './trivial.js';
