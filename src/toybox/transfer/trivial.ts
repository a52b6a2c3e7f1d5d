import { BOX_VALUES } from './boxes.js';
import type { TransferLabel } from './head.js';
import type { TransferPrediction } from './train.js';

/**
 * The best prediction without looking: the most frequent number of solids; and at each patch the mean of the boxes that training scenes
 * have there, as sure as they are frequent.
 *
 * @param grid patches a side
 */
export function trivialPrediction(labels: readonly TransferLabel[], grid: number): TransferPrediction {
  const counts = new Map<number, number>();
  const width = 1 + BOX_VALUES;
  const sums = new Float64Array(grid ** 2 * width);
  for (const { count, boxes } of labels) {
    counts.set(count, (counts.get(count) ?? 0) + 1);
    boxes.patches.forEach((patch, i) => {
      sums[patch * width]!++;
      boxes.values[i]!.forEach((value, k) => {
        sums[patch * width + 1 + k]! += value;
      });
    });
  }
  const boxes = Float32Array.from(sums, (sum, i) => {
    const frequency = sums[i - (i % width)]!;
    // Where no box ever was, the least sure one.
    if (frequency === 0) return i % width === 0 ? -1 : 0;
    return i % width === 0 ? frequency / labels.length : sum / frequency;
  });
  const [count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  return { count, boxes };
}
