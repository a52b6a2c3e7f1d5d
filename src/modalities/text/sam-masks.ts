/** Masks of objects, decoded: what is the same is put together, and drawn into one map. */
import type { Raster } from '../../media/raster.js';
import { resize } from '../../media/resize.js';
import { type Box, boxArea, intersectionArea } from '../boxes.js';
import type { SamInstance } from './sam-instances.js';

/** An object of a picture. */
export interface SamMask {
  /** In pixels of the picture. */
  readonly box: Box;
  /** Probability of each pixel of the box to belong to the object, 0…1; as large as the tokenizer's images. */
  readonly mask: Raster<Float32Array>;
  /** How often the object is listed. */
  readonly count: number;
}

/** A mask whose lowest and highest probability differ by less is left out. */
const LEAST_CONTRAST = 0.9;

/** From these on, of masks and of boxes, two objects are one. */
const SAME_MASK = 0.8;
const SAME_BOX = 0.9;

/**
 * Leaves out masks without contrast, and averages those that are the same object.
 *
 * @param instances in the order in which they are to be drawn
 * @param masks     for every object: the probability of each pixel of its box to belong to the object, row by row
 */
export function mergedMasks(instances: readonly SamInstance[], masks: readonly Float32Array[]): SamMask[] {
  const groups: { box: Box; mask: Float32Array }[][] = [];
  instances.forEach(({ box }, i) => {
    const mask = masks[i]!;
    if (mask.reduce((a, b) => Math.max(a, b)) - mask.reduce((a, b) => Math.min(a, b)) < LEAST_CONTRAST) return;
    const same = groups.find(
      ([first]) => overlap(first!.box, box) > SAME_BOX && likeness(first!.mask, mask) > SAME_MASK,
    );
    if (same) same.push({ box, mask });
    else groups.push([{ box, mask }]);
  });
  return groups.map(averaged);
}

/**
 * Draws objects into one map, each over those before.
 *
 * @returns for every pixel the number of its object, from 1 in the order of `masks`, and 0 where there is none
 */
export function drawInstances(masks: readonly SamMask[], width: number, height: number): Raster<Int32Array> {
  const data = new Int32Array(width * height);
  masks.forEach(({ box, mask }, i) => {
    const [left, top] = [Math.trunc(box.xmin), Math.trunc(box.ymin)];
    const [columns, rows] = [Math.trunc(box.xmax) - left, Math.trunc(box.ymax) - top];
    if (columns < 1 || rows < 1) return;
    const fitted = resize(mask, columns, rows, 'bicubic');
    fitted.data.forEach((probability, at) => {
      const [x, y] = [left + (at % columns), top + Math.floor(at / columns)];
      if (probability > 0.5 && x >= 0 && x < width && y >= 0 && y < height) data[y * width + x] = i + 1;
    });
  });
  return { width, height, channels: 1, data };
}

function averaged(group: readonly { box: Box; mask: Float32Array }[]): SamMask {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  const side = (name: keyof Box) => mean(group.map(({ box }) => box[name]));
  const data = group[0]!.mask.map((_, i) => mean(group.map(({ mask }) => mask[i]!)));
  const size = Math.sqrt(data.length);
  return {
    box: { xmin: side('xmin'), ymin: side('ymin'), xmax: side('xmax'), ymax: side('ymax') },
    mask: { width: size, height: size, channels: 1, data },
    count: group.length,
  };
}

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const both = intersectionArea(a, b);
  return both / (boxArea(a) + boxArea(b) - both);
}

/** Dice's coefficient of two masks; the small number keeps it finite for empty ones, as officially. */
function likeness(a: Float32Array, b: Float32Array): number {
  const sum = (values: Float32Array) => values.reduce((total, x) => total + x, 0);
  return (2 * (sum(a.map((x, i) => x * b[i]!)) + 0.01)) / (sum(a) + sum(b) + 0.01);
}
