import type { GivenInstance } from '../../../api/types/inputs.js';
import type { PredictedInstance } from '../../../api/types/results.js';
import { CocoFiles } from '../../../evaluation/coco.js';
import { InstanceSegmentationMetric } from '../../../evaluation/detection.js';
import { decodeMask, encodeMask, maskArea, maskBox, type RunLengths } from '../../../evaluation/run-lengths.js';
import { MeanPredictor } from '../../../evaluation/trivial.js';
import { classPalette } from '../../../media/colormap.js';
import { scaleNearest } from '../../../media/draw.js';
import type { Raster } from '../../../media/raster.js';
import { crop, cropToSquare, resize } from '../../../media/resize.js';
import { tintObjects } from '../../../media/tint.js';
import { drawInstances, mergedMasks } from '../../../modalities/text/sam-masks.js';
import { MASK_SIZE } from '../../annotations/instances.js';
import { TOYBOX_SIZE } from '../../modalities.js';
import type { ToyboxSample } from '../../sample.js';
import type { Task } from '../task.js';
import { averagePrecision } from './average-precision.js';

/** A mask over the whole picture, and a confidence, by which masks are ranked. */
export interface InstanceValue {
  readonly mask: RunLengths;
  readonly score: number;
  /** Of the truth: a region of many objects, which need not be found. */
  readonly crowd?: boolean;
}

/** Instances have no classes, so all get the same one. */
const LABEL = 'object';
/** Least probability of a pixel inside a mask, and least relative frequency in the trivial mask. */
const INSIDE = 0.5;

/** Masks of the visible objects, without classes: average precision as pycocotools computes it. */
export const instanceTask: Task<'sam_instance', readonly InstanceValue[]> = {
  name: 'sam_instance',
  target: 'sam_instance',
  truths: async (samples) =>
    samples.map((sample) => sample.objects.map(({ instance }) => ({ mask: trueMask(sample, instance), score: 1 }))),
  fromCoco: ({ objects }) => objects.flatMap(({ mask, crowd }) => (mask ? squareMask(mask, crowd) : [])),
  input: (truth) => truth.map(({ mask }) => givenInstance(mask)),
  valueOf: ({ values, size }) => masksIn(values, size),
  metric() {
    const metric = new InstanceSegmentationMetric();
    return {
      add: (predicted, truth) =>
        metric.add(
          predicted.map(({ mask, score }) => ({ label: LABEL, mask, score })),
          truth.map(({ mask, crowd = false }) => ({ label: LABEL, mask, crowd })),
        ),
      figures: () => averagePrecision(metric.result()),
    };
  },
  trivial() {
    const mean = new MeanPredictor();
    return {
      learn(truth) {
        for (const { mask } of truth) mean.add(decodeMask(mask));
      },
      // One mask: the pixels where objects are most frequent.
      predict() {
        const share = mean.result();
        const highest = share.reduce((a, b) => Math.max(a, b));
        const pixels = share.map((x) => Number(x >= INSIDE * highest));
        return [{ mask: encodeMask(pixels, TOYBOX_SIZE, TOYBOX_SIZE), score: 1 }];
      },
    };
  },
  draw: drawValues,
  exporter: () => {
    const coco = new CocoFiles(TOYBOX_SIZE, TOYBOX_SIZE);
    return {
      add: (index, name, predicted, truth) =>
        coco.add(
          index,
          name,
          predicted.map(({ mask, score }) => ({ label: LABEL, mask, score })),
          truth.map(({ mask, crowd = false }) => ({ label: LABEL, mask, crowd })),
        ),
      files: () => coco.files(),
    };
  },
};

/** A mask cropped to the centred square of its picture; none if it is outside. */
function squareMask(mask: RunLengths, crowd: boolean): InstanceValue[] {
  const { width, height } = mask;
  const size = TOYBOX_SIZE;
  const white = { width, height, channels: 1, data: decodeMask(mask).map((on) => 255 * on) };
  const square = resize(cropToSquare(white), size, size, 'bilinear');
  const own = encodeMask(
    square.data.map((value) => Number(value >= 128)),
    size,
    size,
  );
  return maskArea(own) > 0 ? [{ mask: own, score: 1, crowd }] : [];
}

/** An object as a model takes it: its box, and its mask within. */
function givenInstance(mask: RunLengths): Extract<GivenInstance, { readonly mask: unknown }> {
  const [x, y, width, height] = maskBox(mask);
  const white = { width: TOYBOX_SIZE, height: TOYBOX_SIZE, channels: 1, data: decodeMask(mask).map((on) => 255 * on) };
  const stretched = resize(crop(white, x, y, width, height), MASK_SIZE, MASK_SIZE, 'bilinear');
  return { box: { xmin: x, ymin: y, xmax: x + width, ymax: y + height }, mask: stretched };
}

/** The mask of an object in the instance map. */
function trueMask({ instance: { data, width, height } }: ToyboxSample, instance: number): RunLengths {
  return encodeMask(
    data.map((id) => Number(id === instance)),
    height,
    width,
  );
}

/**
 * Predicted objects as masks over the picture; those that are the same object are merged, as officially. Without the tokenizer
 * of masks an object is its box. The confidence of a mask is the mean probability of its pixels.
 *
 * @param size pixels a side of the picture that boxes are in
 */
function masksIn(objects: readonly PredictedInstance[], size: number): InstanceValue[] {
  const scale = TOYBOX_SIZE / size;
  const whole = { width: 1, height: 1, channels: 1, data: Float32Array.of(1) };
  const read = objects.every(({ mask }) => mask)
    ? mergedMasks(
        objects,
        objects.map(({ mask }) => mask!.data),
      )
    : objects.map(({ box }) => ({ box, mask: whole, count: 1 }));
  return read.flatMap(({ box, mask, count }) => {
    const scaled = {
      xmin: box.xmin * scale,
      ymin: box.ymin * scale,
      xmax: box.xmax * scale,
      ymax: box.ymax * scale,
    };
    const drawn = drawInstances([{ box: scaled, mask, count }], TOYBOX_SIZE, TOYBOX_SIZE);
    const inside = mask.data.filter((probability) => probability > INSIDE);
    if (inside.length === 0) return [];
    const score = inside.reduce((sum, probability) => sum + probability, 0) / inside.length;
    return [{ mask: encodeMask(drawn.data, TOYBOX_SIZE, TOYBOX_SIZE), score }];
  });
}

function drawValues(value: readonly InstanceValue[], rgb: ToyboxSample['rgb']) {
  const ids: Raster<Uint8Array> = { ...rgb, channels: 1, data: new Uint8Array(rgb.width * rgb.height) };
  value.forEach(({ mask }, i) => {
    decodeMask(mask).forEach((inside, pixel) => {
      if (inside) ids.data[pixel] = i + 1;
    });
  });
  const palette = classPalette(value.length);
  return tintObjects(scaleNearest(rgb, 4), scaleNearest(ids, 4), (id) => palette[id - 1]);
}
