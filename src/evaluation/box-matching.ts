/** Boxes of objects, and the greedy matching of detections and true objects in COCO evaluation. */

import { type Box, intersectionArea } from '../modalities/boxes.js';

/** A box in COCO's format: x and y of the upper left corner, width, height. All four in one unit, officially pixels. */
export type CocoBox = readonly [x: number, y: number, width: number, height: number];

/** The box between two corners. */
export function boxOfCorners(corners: Box): CocoBox {
  return [corners.xmin, corners.ymin, corners.xmax - corners.xmin, corners.ymax - corners.ymin];
}

/**
 * Intersection over union of two boxes, 0…1; of a detection and a crowd, the share of the detection that lies in the
 * crowd. Boxes without area have no overlap.
 */
export function boxIou(detection: CocoBox, truth: CocoBox, crowd = false): number {
  const both = intersectionArea(cornersOf(detection), cornersOf(truth));
  if (both === 0) return 0;
  const area = detection[2] * detection[3];
  return both / (crowd ? area : area + truth[2] * truth[3] - both);
}

function cornersOf([x, y, width, height]: CocoBox): Box {
  return { xmin: x, ymin: y, xmax: x + width, ymax: y + height };
}

/** Properties of a true object for matching. */
export interface Candidate {
  /** Ignored: its detections are neither true nor false positives. */
  readonly ignored: boolean;
  /** A region of many objects, which any number of detections may match. */
  readonly crowd: boolean;
}

/** The outcome of a detection. `unmatched` is a false positive, unless the size of the detection is not under evaluation. */
export type Outcome = 'matched' | 'matched-ignored' | 'unmatched';

/**
 * Matches detections, in order of confidence, each with the best unmatched true object. Objects under evaluation precede ignored
 * ones; ties go to the last.
 *
 * @param ious      IoU of detection d with candidate c at `ious[d][c]`
 * @param threshold minimum IoU of a match
 * @returns         one outcome a detection
 */
export function matchDetections(
  ious: readonly (readonly number[])[],
  candidates: readonly Candidate[],
  threshold: number,
): Outcome[] {
  const taken = candidates.map(() => false);
  const counted = candidates.flatMap(({ ignored }, c) => (ignored ? [] : [c]));
  const ignored = candidates.flatMap(({ ignored }, c) => (ignored ? [c] : []));
  return ious.map((row) => {
    const bestOf = (group: readonly number[]) => {
      let best = -1;
      let least = Math.min(threshold, 1 - 1e-10);
      for (const c of group) {
        if ((taken[c] && !candidates[c]!.crowd) || row[c]! < least) continue;
        best = c;
        least = row[c]!;
      }
      return best;
    };
    const match = bestOf(counted);
    if (match >= 0) {
      taken[match] = true;
      return 'matched';
    }
    const spare = bestOf(ignored);
    if (spare < 0) return 'unmatched';
    taken[spare] = true;
    return 'matched-ignored';
  });
}
