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
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { valuesOf, within } from './sets.js';

interface MaskCase {
  readonly rle: { name: string; tensor: string; size: [number, number]; counts: number[]; string: string }[];
  readonly merges: { masks: string[]; union: string; intersection: string }[];
  readonly polygons: { size: [number, number]; polygons: number[][] }[];
  readonly from_bbox: { size: [number, number]; bbox: CocoBox }[];
}

/** `eval.coco_mask`: overlaps of boxes and masks, and masks as run lengths and strings, from pixels, polygons and boxes. */
export function cocoMasks(reference: ConformanceCase, compare: Comparison): void {
  const { rle, merges, polygons, from_bbox, ...rest } = reference.json() as MaskCase;
  compare.entry('data', rest, []);
  const masks = new Map<string, RunLengths>();
  for (const { name, tensor, ...entry } of rle) {
    const pixels = reference.bytes(tensor);
    const mask = encodeMask(pixels, ...entry.size);
    masks.set(name, mask);
    compare.entry(name, entry, [], factsOf(mask));
    const read = { ...mask, counts: stringToRuns(entry.string) };
    compare.value(`${name} read`, [...read.counts], entry.counts);
    compare.value(
      `${name} decoded`,
      [...decodeMask(read)],
      Array.from(pixels, (value) => (value ? 1 : 0)),
    );
  }
  for (const { masks: names, ...entry } of merges) {
    const merged = (how: 'union' | 'intersection') =>
      runsToString(
        mergeMasks(
          names.map((name) => masks.get(name)!),
          how,
        ).counts,
      );
    compare.entry(names.join(' and '), entry, [], { union: merged('union'), intersection: merged('intersection') });
  }
  polygons.forEach((entry, i) => {
    compare.entry(`polygons[${i}]`, entry, ['polygons'], factsOf(polygonsToMask(entry.polygons, ...entry.size)));
  });
  from_bbox.forEach((entry, i) => {
    const { bbox: _, ...facts } = factsOf(boxToMask(entry.bbox, ...entry.size));
    compare.entry(`from_bbox[${i}]`, entry, ['bbox'], facts);
  });
  compareIous(reference, compare, masks);
}

function factsOf(mask: RunLengths) {
  const { height, width, counts } = mask;
  const string = runsToString(counts);
  return { size: [height, width], counts: [...counts], string, area: maskArea(mask), bbox: maskBox(mask) };
}

function compareIous(reference: ConformanceCase, compare: Comparison, masks: ReadonlyMap<string, RunLengths>): void {
  for (const tensor of reference.data.tensors.keys()) {
    const [, boxes] = /^out\.(box\d+)\.iou$/.exec(tensor) ?? [];
    const [, set] = /^out\.maskiou(\d+)$/.exec(tensor) ?? [];
    if (boxes !== undefined) {
      const [dt, gt] = ['dt', 'gt'].map((side) => boxesOf(valuesOf(reference, `in.${boxes}.${side}`)));
      const crowd = reference.bytes(`in.${boxes}.iscrowd`);
      compare.tensor(
        tensor,
        dt!.flatMap((d) => gt!.map((g, i) => boxIou(d, g, crowd[i] === 1))),
        within(1e-9),
      );
    } else if (set !== undefined) {
      // Detections come first, then the truth; which of it is a crowd, the case says beside the tensor.
      const [detections, truth] = reference.shape(tensor) as [number, number];
      const about = reference.about.expected?.[tensor]?.about;
      const crowd = /iscrowd ([\d,]+)/.exec(`${about}`)?.[1]?.split(',') ?? [];
      const mask = (i: number) => masks.get(`s${set}_${i}`)!;
      const pairs = Array.from({ length: detections * truth }, (_, i) => [Math.floor(i / truth), i % truth] as const);
      const ious = pairs.map(([d, g]) => maskIou(mask(d), mask(detections + g), crowd[g] === '1'));
      compare.tensor(tensor, ious, within(1e-9));
    }
  }
}

function boxesOf(values: Float64Array): CocoBox[] {
  return Array.from(
    { length: values.length / 4 },
    (_, i) => [...values.subarray(4 * i, 4 * i + 4)] as unknown as CocoBox,
  );
}
