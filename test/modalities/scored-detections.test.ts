import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  confidentDetections,
  cropDetections,
  type DetectionOrder,
  flipDetections,
  type ScoredDetection,
  selectDetections,
} from '../../src/modalities/scored-detections.js';
import { detectionsToText } from '../../src/modalities/text/detections.js';
import { expectClose } from '../vectors.js';

type Four = [number, number, number, number];
const vectors: {
  build: {
    instances: { boxes: Four; class_name: string; score: number }[];
    crop_coords_top_left_h_w: Four;
    orig_size_h_w: [number, number];
    flip: boolean;
    bbox_order: string;
    det_max_instances: number | null;
    min_visibility: number;
    det_threshold: number;
    coord_bins: number;
    after_augment: [...Four, string, number][];
    string: string;
  }[];
} = JSON.parse(readFileSync(new URL('../../spec/vectors/trans_det/data.json', import.meta.url), 'utf8'));

const ORDERS: Record<string, DetectionOrder> = { dist_to_orig: 'distance', area: 'area', score: 'score' };
const box = ([xmin, ymin, xmax, ymax]: Four) => ({ xmin, ymin, xmax, ymax });

describe('published steps', () => {
  test.each(vectors.build.map((c, i) => [i, c] as const))('build %i', (_, c) => {
    const found = c.instances.map((d) => ({ label: d.class_name, box: box(d.boxes), score: d.score }));
    const [top, left, height, width] = c.crop_coords_top_left_h_w;
    const picture = { height: c.orig_size_h_w[0], width: c.orig_size_h_w[1] };
    const confident = confidentDetections(found, c.det_threshold);
    const cropped = cropDetections(confident, { left, top, width, height }, picture, c.min_visibility);
    const flipped = c.flip ? flipDetections(cropped) : cropped;
    const selected = selectDetections(flipped, ORDERS[c.bbox_order]!, c.det_max_instances ?? undefined);
    expect(selected.map(({ label, score }) => [label, score])).toEqual(c.after_augment.map((row) => row.slice(4)));
    const sides = selected.flatMap((d) => [d.box.xmin, d.box.ymin, d.box.xmax, d.box.ymax]);
    const expected = c.after_augment.flatMap((row) => row.slice(0, 4) as number[]);
    expectClose(sides, expected, { rtol: 1e-9, atol: 0 });
    expect(detectionsToText(selected, c.coord_bins)).toBe(c.string);
  });
});

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const detection: fc.Arbitrary<ScoredDetection> = fc
  .tuple(fraction, fraction, fraction, fraction, fraction)
  .filter(([a, b, c, d]) => Math.abs(a - c) > 0.01 && Math.abs(b - d) > 0.01)
  .map(([a, b, c, d, score]) => ({
    label: 'ball',
    box: { xmin: Math.min(a, c), ymin: Math.min(b, d), xmax: Math.max(a, c), ymax: Math.max(b, d) },
    score,
  }));
const detections = fc.array(detection, { maxLength: 6 });
const picture = { width: 40, height: 30 };

test('flipping twice changes nothing', () => {
  fc.assert(
    fc.property(detections, (found) => {
      flipDetections(flipDetections(found)).forEach((back, i) => {
        expectClose(Object.values(back.box), Object.values(found[i]!.box), { rtol: 0, atol: 1e-12 });
      });
    }),
    { numRuns: 20 },
  );
});

test('cropping to the whole picture keeps everything; the more must be visible, the less is kept', () => {
  const crop = fc.record({
    left: fc.integer({ min: -5, max: 35 }),
    top: fc.integer({ min: -5, max: 25 }),
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(detections, crop, fraction, (found, area, share) => {
      expect(cropDetections(found, { left: 0, top: 0, ...picture }, picture)).toHaveLength(found.length);
      const all = cropDetections(found, area, picture);
      const visible = cropDetections(found, area, picture, share);
      expect(all.flatMap((d) => Object.values(d.box)).every((side) => side >= 0 && side <= 1)).toBe(true);
      expect(visible.length).toBeLessThanOrEqual(all.length);
    }),
    { numRuns: 50 },
  );
});

test('a part of a box is kept if enough of it is visible', () => {
  const half = { label: 'ball', score: 1, box: { xmin: 0, ymin: 0, xmax: 1, ymax: 1 } };
  const crop = { left: 20, top: 0, width: 20, height: 30 };
  expect(cropDetections([half], crop, picture, 0.5)).toEqual([half]);
  expect(cropDetections([half], crop, picture, 0.51)).toEqual([]);
  expect(cropDetections([half], { ...crop, left: 40 }, picture)).toEqual([]);
});

test('the surest are selected, then ordered', () => {
  const at = (xmin: number, xmax: number, score: number) => ({
    label: `${xmin}`,
    box: { xmin, ymin: 0, xmax, ymax: 1 },
    score,
  });
  const found = [at(0.5, 0.6, 0.9), at(0.1, 0.3, 0.8), at(0, 1, 0.1), at(0.2, 0.5, 0.8)];
  const labels = (order?: DetectionOrder, maxObjects?: number) =>
    selectDetections(found, order, maxObjects).map((d) => d.label);
  expect(labels()).toEqual(['0', '0.1', '0.2', '0.5']);
  expect(labels('distance', 3)).toEqual(['0.1', '0.2', '0.5']);
  expect(labels('area', 2)).toEqual(['0.1', '0.5']);
  expect(labels('score')).toEqual(['0.5', '0.1', '0.2', '0']);
});
