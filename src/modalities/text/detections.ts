/** Detected objects as text: `v0=<xmin> v1=<ymin> v2=<xmax> v3=<ymax> <label>`, one object after the other. */
import { InvalidInputError } from '../../errors.js';
import { roundHalfToEven } from '../../numeric.js';
import type { Box } from '../boxes.js';
import { anyNumberIn, type CompatOptions, type ParsedText, wordsOf } from './words.js';

export type { Box };

/** An object of a picture: what it is, and where. */
export interface Detection {
  readonly label: string;
  readonly box: Box;
}

/** In the published order: by the distance of the upper left corner from the picture's. Equal ones stay in order. */
export function orderDetections<D extends Detection>(detections: readonly D[]): D[] {
  const distance = ({ box }: D) => box.xmin ** 2 + box.ymin ** 2;
  return [...detections].sort((a, b) => distance(a) - distance(b));
}

/**
 * Writes objects as text, in the order given. (`DetectionTransform` officially.)
 *
 * @param bins number of bins of a coordinate, the first at 0 and the last at 1; officially 1000
 * @throws {InvalidInputError} for a coordinate outside the picture
 */
export function detectionsToText(detections: readonly Detection[], bins: number): string {
  return detections
    .flatMap(({ label, box }) => {
      const corners = [box.xmin, box.ymin, box.xmax, box.ymax];
      return [...corners.map((value, axis) => `v${axis}=${binOf(value, bins)}`), label];
    })
    .join(' ');
}

/**
 * Parses objects from text. Generated text may be malformed: objects that lack a coordinate or a label, have them in
 * another order, or lie outside the picture are left out.
 *
 * @param options with `compat`, the four numbers from a `v0` on are read by position, without checks
 */
export function textToDetections(text: string, bins: number, options: CompatOptions = {}): Detection[] {
  return readDetections(text, bins, options).values;
}

/** {@link textToDetections}, and how many words are part of no object. */
export function readDetections(text: string, bins: number, { compat }: CompatOptions = {}): ParsedText<Detection[]> {
  const values: Detection[] = [];
  let unparsed = 0;
  for (const part of text.split(/(?=\bv0=)/)) {
    const object = compat ? objectInOrder(part, bins) : objectIn(part, bins);
    if (object) values.push(object);
    else unparsed += wordsOf(part).length;
  }
  return { values, unparsed };
}

function objectIn(text: string, bins: number): Detection | undefined {
  const match = /^v0=(\d+)\s+v1=(\d+)\s+v2=(\d+)\s+v3=(\d+)\s+([^=]*[^=\s])\s*$/.exec(text);
  if (match === null) return undefined;
  const corners = match.slice(1, 5).map((bin) => Number(bin) / (bins - 1));
  const [xmin, ymin, xmax, ymax] = corners as [number, number, number, number];
  return Math.max(...corners) > 1 ? undefined : { label: match[5]!, box: { xmin, ymin, xmax, ymax } };
}

/** (`convert_string_to_bboxes` officially.) */
function objectInOrder(text: string, bins: number): Detection | undefined {
  const words = text.split(/\s+/).filter(Boolean);
  const numbers = words.slice(0, 4).map((word) => (anyNumberIn(word) ?? Number.NaN) / (bins - 1));
  const label = words.slice(4);
  if (label.length === 0 || numbers.some(Number.isNaN) || label.some((word) => word.includes('='))) return undefined;
  const [xmin, ymin, xmax, ymax] = numbers as [number, number, number, number];
  return { label: label.join(' '), box: { xmin, ymin, xmax, ymax } };
}

function binOf(value: number, bins: number): number {
  if (!(value >= 0 && value <= 1)) {
    throw new InvalidInputError(`a box coordinate must be a fraction of the picture from 0 to 1, not ${value}`);
  }
  return roundHalfToEven(value * (bins - 1));
}
