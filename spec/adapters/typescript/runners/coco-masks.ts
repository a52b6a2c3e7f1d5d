import * as v from 'valibot';
import { boxIou, type CocoBox } from '../../../../src/evaluation/box-matching.js';
import { boxToMask, polygonsToMask } from '../../../../src/evaluation/polygons.js';
import { runsToString, stringToRuns } from '../../../../src/evaluation/run-length-string.js';
import {
  decodeMask,
  encodeMask,
  maskArea,
  maskBox,
  maskIou,
  mergeMasks,
  type RunLengths,
} from '../../../../src/evaluation/run-lengths.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

interface MaskCase {
  readonly rle: { name: string; tensor: string; size: [number, number]; string: string }[];
  readonly merges: { masks: string[] }[];
  readonly polygons: { size: [number, number]; polygons: number[][] }[];
  readonly from_bbox: { size: [number, number]; bbox: CocoBox }[];
}

/** `eval.coco_mask`: overlaps of boxes and masks, and masks as run lengths and strings, from pixels, polygons and boxes. */
export function cocoMasks(task: Inputs, out: Outputs): void {
  const { rle, merges, polygons, from_bbox } = task.json() as MaskCase;
  const masks = new Map<string, RunLengths>();
  rle.forEach(({ name, tensor, size, string }, i) => {
    const mask = encodeMask(task.bytes(tensor), ...size);
    masks.set(name, mask);
    out.value(`/rle/${i}`, factsOf(mask));
    const read = { ...mask, counts: stringToRuns(string) };
    out.value(`/rle/${i}/counts_of_string`, read.counts);
    out.tensor(`decoded.${tensor.replace(/^in\./, '')}`, decodeMask(read), size);
  });
  merges.forEach(({ masks: names }, i) => {
    const both = names.map((name) => masks.get(name)!);
    const merged = (how: 'union' | 'intersection') => runsToString(mergeMasks(both, how).counts);
    out.value(`/merges/${i}`, { union: merged('union'), intersection: merged('intersection') });
  });
  polygons.forEach((entry, i) => {
    out.value(`/polygons/${i}`, factsOf(polygonsToMask(entry.polygons, ...entry.size)));
  });
  from_bbox.forEach(({ bbox, size }, i) => {
    out.value(`/from_bbox/${i}`, factsOf(boxToMask(bbox, ...size)));
  });
  overlaps(task, out, masks);
}

function factsOf(mask: RunLengths) {
  const { height, width, counts } = mask;
  const string = runsToString(counts);
  return { size: [height, width], counts: [...counts], string, area: maskArea(mask), bbox: maskBox(mask) };
}

/** The masks or boxes of an IoU matrix, detections by ground truth, some of which are crowds. */
const boxCalls = v.array(
  v.strictObject({ result: v.string(), detections: v.string(), truth: v.string(), crowd: v.string() }),
);
const maskCalls = v.array(
  v.strictObject({
    result: v.string(),
    detections: v.array(v.string()),
    truth: v.array(v.string()),
    crowd: v.array(v.number()),
  }),
);

function overlaps(task: Inputs, out: Outputs, masks: ReadonlyMap<string, RunLengths>): void {
  for (const call of optionsOf(boxCalls, task.options.box_ious ?? [], 'box_ious')) {
    const [dt, gt] = [boxesOf(task.doubles(call.detections)), boxesOf(task.doubles(call.truth))];
    const crowd = task.bytes(call.crowd);
    const ious = dt.flatMap((d) => gt.map((g, i) => boxIou(d, g, crowd[i] === 1)));
    out.tensor(call.result, ious, [dt.length, gt.length]);
  }
  for (const { result, detections, truth, crowd } of optionsOf(maskCalls, task.options.mask_ious ?? [], 'mask_ious')) {
    const ious = detections.flatMap((d) => truth.map((g, i) => maskIou(masks.get(d)!, masks.get(g)!, crowd[i] === 1)));
    out.tensor(result, ious, [detections.length, truth.length]);
  }
}

function boxesOf(values: Float64Array): CocoBox[] {
  return Array.from(
    { length: values.length / 4 },
    (_, i) => [...values.subarray(4 * i, 4 * i + 4)] as unknown as CocoBox,
  );
}
