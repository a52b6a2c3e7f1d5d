/** Binary masks as run lengths, the format of COCO annotations (`pycocotools.mask`). */
import { InvalidInputError } from '../errors.js';

/** A mask, column by column from the left: so many zeros, so many ones, and so on. */
export interface RunLengths {
  readonly height: number;
  readonly width: number;
  /** They begin with zeros, of which there may be none, and add up to height · width. */
  readonly counts: readonly number[];
}

/** A mask from its pixels. @param pixels [h · w], row by row; all but 0 is inside */
export function encodeMask(pixels: ArrayLike<number>, height: number, width: number): RunLengths {
  if (pixels.length !== height * width) {
    throw new InvalidInputError(`a mask of ${height} × ${width} pixels cannot have ${pixels.length} values`);
  }
  const runs = new RunCollector();
  for (let x = 0; x < width; x++) for (let y = 0; y < height; y++) runs.add(pixels[y * width + x] ? 1 : 0, 1);
  return { height, width, counts: runs.counts };
}

/** The pixels of a mask: [h · w], row by row, 1 inside and 0 outside. @throws {InvalidInputError} for runs of another size */
export function decodeMask(mask: RunLengths): Uint8Array {
  checkSize(mask);
  const { height, width, counts } = mask;
  const pixels = new Uint8Array(height * width);
  let at = 0;
  counts.forEach((count, i) => {
    for (const end = at + count; at < end; at++) {
      if (i % 2 === 1) pixels[(at % height) * width + Math.floor(at / height)] = 1;
    }
  });
  return pixels;
}

/** How many pixels are inside. */
export function maskArea({ counts }: RunLengths): number {
  return counts.reduce((area, count, i) => (i % 2 === 1 ? area + count : area), 0);
}

/** The smallest box around a mask: x and y of its upper left pixel, width and height; zeros around nothing. */
export function maskBox({ height, counts }: RunLengths): [x: number, y: number, width: number, height: number] {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1, -1];
  let at = 0;
  counts.forEach((count, i) => {
    if (i % 2 === 1 && count > 0) {
      const [first, last] = [at, at + count - 1];
      const isInOneColumn = Math.floor(first / height) === Math.floor(last / height);
      left = Math.min(left, Math.floor(first / height));
      right = Math.max(right, Math.floor(last / height));
      top = Math.min(top, isInOneColumn ? first % height : 0);
      bottom = Math.max(bottom, isInOneColumn ? last % height : height - 1);
    }
    at += count;
  });
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1];
}

/** The pixels that any mask has, or those that all have. @throws {InvalidInputError} for none, or masks of different sizes */
export function mergeMasks(masks: readonly RunLengths[], how: 'union' | 'intersection'): RunLengths {
  const [first, ...others] = masks;
  if (!first) throw new InvalidInputError('there is no mask to merge');
  const combine =
    how === 'union' ? (a: Bit, b: Bit): Bit => (a || b ? 1 : 0) : (a: Bit, b: Bit): Bit => (a && b ? 1 : 0);
  return others.reduce((merged, mask) => {
    const runs = new RunCollector();
    for (const { a, b, length } of overlaps(merged, mask)) runs.add(combine(a, b), length);
    return { height: merged.height, width: merged.width, counts: runs.counts };
  }, first);
}

/**
 * Intersection over union of two masks, 0…1; of a detection and a crowd, the share of the detection that lies in the
 * crowd. Empty masks overlap with nothing.
 *
 * @throws {InvalidInputError} for masks of different sizes
 */
export function maskIou(detection: RunLengths, truth: RunLengths, crowd = false): number {
  let [intersection, union] = [0, 0];
  for (const { a, b, length } of overlaps(detection, truth)) {
    if (a && b) intersection += length;
    if (a || (b && !crowd)) union += length;
  }
  return intersection === 0 ? 0 : intersection / union;
}

type Bit = 0 | 1;

/** Appends pixels to runs. */
class RunCollector {
  readonly counts: number[] = [0];

  add(bit: Bit, length: number): void {
    if (length === 0) return;
    if (this.counts.length % 2 === 1 - bit) this.counts[this.counts.length - 1]! += length;
    else this.counts.push(length);
  }
}

/** Stretches of pixels in which two masks have one value each. */
function* overlaps(first: RunLengths, second: RunLengths): Generator<{ a: Bit; b: Bit; length: number }> {
  checkSize(first);
  checkSize(second);
  if (first.height !== second.height || first.width !== second.width) {
    const size = ({ height, width }: RunLengths) => `${height} × ${width}`;
    throw new InvalidInputError(`masks to compare must have one size, not ${size(first)} and ${size(second)}`);
  }
  let [i, j] = [0, 0];
  let [restA, restB] = [first.counts[0] ?? 0, second.counts[0] ?? 0];
  for (let left = first.height * first.width; left > 0; ) {
    while (restA === 0) restA = first.counts[++i]!;
    while (restB === 0) restB = second.counts[++j]!;
    const length = Math.min(restA, restB);
    yield { a: (i % 2) as Bit, b: (j % 2) as Bit, length };
    restA -= length;
    restB -= length;
    left -= length;
  }
}

function checkSize({ height, width, counts }: RunLengths): void {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const isWhole = counts.every((count) => Number.isInteger(count) && count >= 0);
  if (isWhole && total === height * width) return;
  throw new InvalidInputError(`runs of ${total} pixels are no mask of ${height} × ${width}`);
}
