import * as v from 'valibot';
import {
  confidentDetections,
  cropDetections,
  type DetectionOrder,
  flipDetections,
  selectDetections,
} from '../../../../src/modalities/scored-detections.js';
import { detectionsToText, textToDetections } from '../../../../src/modalities/text/detections.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

const buildSchema = v.strictObject({
  instances: v.array(
    v.strictObject({
      boxes: v.strictTuple([v.number(), v.number(), v.number(), v.number()]),
      class_name: v.string(),
      score: v.number(),
    }),
  ),
  crop_coords_top_left_h_w: v.strictTuple([v.number(), v.number(), v.number(), v.number()]),
  orig_size_h_w: v.strictTuple([v.number(), v.number()]),
  flip: v.boolean(),
  bbox_order: v.picklist(['dist_to_orig', 'area', 'score']),
  det_max_instances: v.nullable(v.number()),
  min_visibility: v.number(),
  det_threshold: v.number(),
  coord_bins: v.number(),
});

const schema = v.strictObject({
  build: v.array(buildSchema),
  parse: v.array(v.strictObject({ string: v.string() })),
});

const ORDERS = { dist_to_orig: 'distance', area: 'area', score: 'score' } as const satisfies Record<
  string,
  DetectionOrder
>;

/** `trans.det`: detections to texts, and texts to objects. */
export function detections(task: Inputs, out: Outputs): void {
  const { build, parse } = optionsOf(schema, task.json(), 'data.json');
  build.forEach((entry, i) => {
    const found = entry.instances.map(({ boxes: [xmin, ymin, xmax, ymax], class_name, score }) => ({
      label: class_name,
      box: { xmin, ymin, xmax, ymax },
      score,
    }));
    const [top, left, height, width] = entry.crop_coords_top_left_h_w;
    const picture = { height: entry.orig_size_h_w[0], width: entry.orig_size_h_w[1] };
    const confident = confidentDetections(found, entry.det_threshold);
    const cropped = cropDetections(confident, { left, top, width, height }, picture, entry.min_visibility);
    const flipped = entry.flip ? flipDetections(cropped) : cropped;
    const selected = selectDetections(flipped, ORDERS[entry.bbox_order], entry.det_max_instances ?? undefined);
    const rows = selected.map(({ box, label, score }) => [box.xmin, box.ymin, box.xmax, box.ymax, label, score]);
    out.value(`/build/${i}`, { after_augment: rows, string: detectionsToText(selected, entry.coord_bins) });
  });
  parse.forEach(({ string }, i) => {
    const found = textToDetections(string, 1000, { compat: 'official' });
    const boxes = found.map(({ box, label }) => [box.xmin, box.ymin, box.xmax, box.ymax, label]);
    out.value(`/parse/${i}/boxes`, boxes);
  });
}
