import * as v from 'valibot';
import type { Input } from '../../../api/types/inputs.js';
import { InvalidInputError } from '../../../errors.js';
import { boxOfCorners } from '../../../evaluation/box-matching.js';
import { CocoFiles } from '../../../evaluation/coco.js';
import { DetectionMetric } from '../../../evaluation/detection.js';
import { drawBoxes } from '../../../media/colormap.js';
import { scaleNearest } from '../../../media/draw.js';
import { boxArea, boxInCrop, clipBox, type PictureSize } from '../../../modalities/boxes.js';
import type { Detection } from '../../../modalities/text/detections.js';
import { OBJECT_CLASSES } from '../../constants.js';
import { TOYBOX_SIZE } from '../../modalities.js';
import { toyboxDetections } from '../../sample.js';
import type { Task } from '../task.js';
import { averagePrecision } from './average-precision.js';

/** A box with a confidence, by which boxes are ranked; 1 if there is none, as in the model's text. */
export type ScoredDetection = Detection & {
  readonly score?: number;
  /** Of the truth: a region of many objects, which need not be found. */
  readonly crowd?: boolean;
};

/** Boxes and classes of the visible objects: average precision as pycocotools computes it. */
export const detectionTask: Task<'det', readonly ScoredDetection[]> = {
  name: 'det',
  target: 'det',
  truths: async (samples) => samples.map(toyboxDetections),
  fromInput: (input, picture) => squareDetections(detectionsIn(input), picture),
  fromCoco({ width, height, objects }, picture) {
    const boxes = objects.map(({ label, box: [x, y, w, h], crowd }) => ({
      label,
      box: { xmin: x / width, ymin: y / height, xmax: (x + w) / width, ymax: (y + h) / height },
      crowd,
    }));
    return squareDetections(boxes, picture);
  },
  input: (truth) => truth,
  valueOf: ({ objects }) => objects,
  metric() {
    const metric = new DetectionMetric();
    return {
      add(predicted, truth) {
        const found = predicted.map(({ label, box, score = 1 }) => ({ label, box: inPixels(box), score }));
        metric.add(
          found,
          truth.map(({ label, box, crowd = false }) => ({ label, box: inPixels(box), crowd })),
        );
      },
      figures: () => averagePrecision(metric.result()),
    };
  },
  trivial() {
    const boxes = new Map<string, { sums: [number, number, number, number]; count: number }>();
    let scenes = 0;
    return {
      learn(truth) {
        scenes++;
        for (const { label, box } of truth) {
          const { sums, count } = boxes.get(label) ?? { sums: [0, 0, 0, 0], count: 0 };
          const corners = [box.xmin, box.ymin, box.xmax, box.ymax];
          boxes.set(label, {
            sums: sums.map((sum, i) => sum + corners[i]!) as typeof sums,
            count: count + 1,
          });
        }
      },
      // The mean box of every class, as sure as the class is frequent.
      predict: () =>
        Array.from(boxes, ([label, { sums, count }]) => {
          const [xmin, ymin, xmax, ymax] = sums.map((sum) => sum / count) as typeof sums;
          return { label, box: { xmin, ymin, xmax, ymax }, score: count / scenes };
        }),
    };
  },
  draw: (value, rgb) => drawBoxes(scaleNearest(rgb, 4), value),
  exporter: () => {
    const coco = new CocoFiles(TOYBOX_SIZE, TOYBOX_SIZE, OBJECT_CLASSES);
    return {
      add: (index, name, predicted, truth) =>
        coco.add(
          index,
          name,
          predicted.map(({ label, box, score = 1 }) => ({ label, box: inPixels(box), score })),
          truth.map(({ label, box, crowd = false }) => ({ label, box: inPixels(box), crowd })),
        ),
      files: () => coco.files(),
    };
  },
};

function inPixels({ xmin, ymin, xmax, ymax }: Detection['box']) {
  const scaled = (x: number) => x * TOYBOX_SIZE;
  return boxOfCorners({ xmin: scaled(xmin), ymin: scaled(ymin), xmax: scaled(xmax), ymax: scaled(ymax) });
}

const side = v.pipe(v.number(), v.finite());
const schema = v.array(
  v.object({
    label: v.string(),
    box: v.object({ xmin: side, ymin: side, xmax: side, ymax: side }),
    crowd: v.optional(v.boolean(), false),
  }),
);

/** Boxes as `fourm generate` writes them: fractions of the picture's width and height. */
function detectionsIn(input: Input): ScoredDetection[] {
  const { success, output, issues } = v.safeParse(schema, input);
  if (success) return output;
  throw new InvalidInputError(`boxes, "${v.getDotPath(issues[0]) ?? ''}": ${issues[0].message}`);
}

/** Boxes of a picture as boxes of the square in its middle; those outside it are left out. */
function squareDetections(boxes: readonly ScoredDetection[], picture: PictureSize): ScoredDetection[] {
  const { width, height } = picture;
  const length = Math.min(width, height);
  const crop = { left: (width - length) / 2, top: (height - length) / 2, width: length, height: length };
  return boxes.flatMap(({ box, ...object }) => {
    const clipped = clipBox(boxInCrop(box, crop, picture));
    return boxArea(clipped) > 0 ? [{ ...object, box: clipped }] : [];
  });
}
