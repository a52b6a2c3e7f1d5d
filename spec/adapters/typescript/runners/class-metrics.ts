import { SegmentationMetric } from '../../../../src/evaluation/segmentation.js';
import { mean } from '../../../../src/evaluation/statistics.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison, Figures } from '../../../harness/comparison.js';
import { setsOf, valuesOf, within } from './sets.js';

/** One number a class; null where there is none. */
type PerClass = readonly (number | null)[];

interface ClassSet {
  readonly name: string;
  readonly n_images: number;
  readonly num_classes: number;
  readonly ignore_index: number;
  readonly expected: Readonly<Record<string, unknown>> & {
    readonly iou: PerClass;
    readonly class_accuracy: PerClass;
    readonly dice: PerClass;
    readonly per_image: readonly Figures[];
  };
}

/** `eval.semseg`: the confusion of classes, and what follows from it. */
export function classMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name, n_images, expected, num_classes, ignore_index } of setsOf<ClassSet>(reference)) {
    const pooled = new SegmentationMetric(num_classes, ignore_index);
    const ofImages = Array.from({ length: n_images }, (_, i) => {
      const [p, g] = ['pred', 'gt'].map((map) => valuesOf(reference, `in.${name}.${map}${i}`));
      const metric = new SegmentationMetric(num_classes, ignore_index);
      for (const m of [metric, pooled]) m.add(p!, g!);
      const { meanIou, pixelAccuracy } = metric.summary();
      const ours = { miou: meanIou, pixel_accuracy: pixelAccuracy };
      compare.figures(`${name}[${i}]`, ours, expected.per_image[i]!, within(1e-12));
      return meanIou;
    }).filter((iou) => iou !== null);
    const s = pooled.summary();
    const { iou, class_accuracy, dice, per_image: _, ...figures } = expected;
    const ours: Figures = {
      miou: s.meanIou,
      miou_gt_classes: s.meanIouOfTrueClasses,
      miou_all_classes_absent_zero: s.meanIouOfAllClasses,
      pixel_accuracy: s.pixelAccuracy,
      mean_class_accuracy: s.meanClassAccuracy,
      fw_iou: s.weightedIou,
      n_pixels: s.pixels,
      mean_of_image_miou: ofImages.length === 0 ? null : mean(ofImages),
    };
    compare.figures(name, ours, figures as unknown as Figures, within(1e-12));
    const byClass = (of: PerClass) => Object.fromEntries(of.map((value, c) => [c, value]));
    const lists = {
      iou: [s.classIou, iou],
      class_accuracy: [s.classAccuracy, class_accuracy],
      dice: [s.classDice, dice],
    };
    for (const [list, [mine, wanted]] of Object.entries(lists)) {
      compare.value(`${name}.${list} classes`, mine!.length, wanted!.length);
      compare.figures(`${name}.${list}`, byClass(mine!), byClass(wanted!), within(1e-12));
    }
    compare.tensor(`out.${name}.confusion`, s.confusion);
  }
}
