import { boxOfCorners } from '../../../evaluation/box-matching.js';
import { CocoFiles } from '../../../evaluation/coco.js';
import { DetectionMetric } from '../../../evaluation/detection.js';
import { drawBoxes } from '../../../media/colormap.js';
import { scaleNearest } from '../../../media/draw.js';
import type { Detection } from '../../../modalities/text/detections.js';
import { OBJECT_CLASSES } from '../../constants.js';
import { TOYBOX_SIZE } from '../../modalities.js';
import { toyboxDetections } from '../../sample.js';
import type { Task } from '../task.js';

/** A box with a confidence, by which boxes are ranked; 1 if there is none, as in the model's text. */
export type ScoredDetection = Detection & { readonly score?: number };

/** Boxes and classes of the visible objects: average precision as pycocotools computes it. */
export const detectionTask: Task<'det', readonly ScoredDetection[]> = {
  name: 'det',
  target: 'det',
  truths: async (samples) => samples.map(toyboxDetections),
  input: (truth) => truth,
  valueOf: ({ objects }) => objects,
  metric() {
    const metric = new DetectionMetric();
    return {
      add(predicted, truth) {
        const found = predicted.map(({ label, box, score = 1 }) => ({ label, box: inPixels(box), score }));
        metric.add(
          found,
          truth.map(({ label, box }) => ({ label, box: inPixels(box) })),
        );
      },
      figures() {
        const { ap, ap50 } = metric.result();
        return [
          { metric: 'AP', better: 'higher', value: ap },
          { metric: 'AP at IoU 0.5', better: 'higher', value: ap50 },
        ];
      },
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
          truth.map(({ label, box }) => ({ label, box: inPixels(box) })),
        ),
      files: () => coco.files(),
    };
  },
};

function inPixels({ xmin, ymin, xmax, ymax }: Detection['box']) {
  const scaled = (x: number) => x * TOYBOX_SIZE;
  return boxOfCorners({ xmin: scaled(xmin), ymin: scaled(ymin), xmax: scaled(xmax), ymax: scaled(ymax) });
}
