import { describe, expect, test } from 'vitest';
import { drawLossCurve } from '../../../src/cli/train/loss-curve.js';
import type { RgbImage } from '../../../src/media/raster.js';

function csv(losses: readonly number[]): string {
  return ['step,learning_rate,loss', ...losses.map((loss, i) => `${i + 1},0.1,${loss}`)].join('\n');
}

/** The mean row of the dark blue pixels, those of the running mean, in a range of columns. */
function meanRow({ width, data }: RgbImage, from: number, to: number): number {
  const rows: number[] = [];
  for (let pixel = 0; pixel < data.length / 3; pixel++) {
    const column = pixel % width;
    const [r, g, b] = data.subarray(3 * pixel, 3 * pixel + 3);
    if (column >= from && column < to && r === 30 && g === 80 && b === 190) rows.push(Math.floor(pixel / width));
  }
  return rows.reduce((sum, row) => sum + row, 0) / rows.length;
}

describe('the picture of the losses', () => {
  test('falls where they fall, as a straight line where they fall exponentially', () => {
    const image = drawLossCurve(csv(Array.from({ length: 1000 }, (_, i) => Math.exp(-i / 200))));
    const [start, middle, end] = [200, 500, 800].map((column) => meanRow(image, column - 5, column + 5)) as [
      number,
      number,
      number,
    ];
    expect(start).toBeLessThan(middle);
    expect(middle).toBeLessThan(end);
    expect(Math.abs(middle - (start + end) / 2)).toBeLessThan(5);
  });

  test.each([
    ['no steps yet', ''],
    ['a header alone', csv([])],
    ['one step', csv([2])],
    ['equal losses', csv([3, 3, 3])],
  ])('is drawn for %s', (_, text) => {
    expect(drawLossCurve(text).data.length).toBeGreaterThan(0);
  });
});
