/** From what a detector finds in a picture to the objects that become text. (`DetectionTransform` officially, in this order.) */
import { boxArea, boxInCrop, type CropArea, clipBox, flipBox, type PictureSize } from './boxes.js';
import { type Detection, orderDetections } from './text/detections.js';

/** A detection with its confidence, 0 to 1. */
export interface ScoredDetection extends Detection {
  readonly score: number;
}

/**
 * How objects are ordered in text: by the distance of their upper left corner from the picture's, or with the largest, or
 * the surest, first. Equal ones stay in order.
 */
export type DetectionOrder = 'distance' | 'area' | 'score';

/** Those that the detector is sure enough of; 0.6 is the published threshold. */
export function confidentDetections(detections: readonly ScoredDetection[], threshold = 0.6): ScoredDetection[] {
  return detections.filter(({ score }) => score >= threshold);
}

/**
 * Objects of a picture as objects of one of its parts, cut at its border. Those of which nothing is left, or less than the
 * share `minVisibility` of their area, are left out.
 */
export function cropDetections<D extends Detection>(
  detections: readonly D[],
  crop: CropArea,
  picture: PictureSize,
  minVisibility = 0,
): D[] {
  return detections.flatMap((detection) => {
    const whole = boxInCrop(detection.box, crop, picture);
    const box = clipBox(whole);
    const visible = boxArea(box);
    return visible > 0 && visible / boxArea(whole) >= minVisibility ? [{ ...detection, box }] : [];
  });
}

/** Objects of a picture as objects of its mirror image. */
export function flipDetections<D extends Detection>(detections: readonly D[]): D[] {
  return detections.map((detection) => ({ ...detection, box: flipBox(detection.box) }));
}

/** The surest `maxObjects` of the objects, in the order of their text. */
export function selectDetections(
  detections: readonly ScoredDetection[],
  order: DetectionOrder = 'distance',
  maxObjects = Number.POSITIVE_INFINITY,
): ScoredDetection[] {
  const bySureness = (a: ScoredDetection, b: ScoredDetection) => b.score - a.score;
  const kept = detections.length > maxObjects ? detections.toSorted(bySureness).slice(0, maxObjects) : detections;
  if (order === 'distance') return orderDetections(kept);
  return kept.toSorted(order === 'score' ? bySureness : (a, b) => boxArea(b.box) - boxArea(a.box));
}
