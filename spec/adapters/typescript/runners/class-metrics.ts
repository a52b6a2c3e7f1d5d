import { SegmentationMetric } from '../../../../src/evaluation/segmentation.js';
import { mean } from '../../../../src/evaluation/statistics.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { setsOf } from './sets.js';

interface ClassSet {
  readonly name: string;
  readonly n_images: number;
  readonly num_classes: number;
  readonly ignore_index: number;
}

/** `eval.semseg`: confusion matrix of semantic classes, and the metrics computed from it. */
export function classMetrics(task: Inputs, out: Outputs): void {
  setsOf<ClassSet>(task).forEach(({ name, n_images, num_classes, ignore_index }, set) => {
    const pooled = new SegmentationMetric(num_classes, ignore_index);
    const perImage = Array.from({ length: n_images }, (_, i) => {
      const [p, g] = ['pred', 'gt'].map((map) => task.doubles(`in.${name}.${map}${i}`));
      const metric = new SegmentationMetric(num_classes, ignore_index);
      for (const m of [metric, pooled]) m.add(p!, g!);
      const { meanIou, pixelAccuracy } = metric.summary();
      return { miou: meanIou, pixel_accuracy: pixelAccuracy };
    });
    const ofImages = perImage.flatMap(({ miou }) => miou ?? []);
    const s = pooled.summary();
    out.value(`/sets/${set}/expected`, {
      miou: s.meanIou,
      miou_gt_classes: s.meanIouOfTrueClasses,
      miou_all_classes_absent_zero: s.meanIouOfAllClasses,
      pixel_accuracy: s.pixelAccuracy,
      mean_class_accuracy: s.meanClassAccuracy,
      fw_iou: s.weightedIou,
      n_pixels: s.pixels,
      mean_of_image_miou: ofImages.length === 0 ? null : mean(ofImages),
      iou: s.classIou,
      class_accuracy: s.classAccuracy,
      dice: s.classDice,
      per_image: perImage,
    });
    out.tensor(`out.${name}.confusion`, s.confusion, [num_classes, num_classes]);
  });
}
