import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../../src/media/raster.js';
import { largestBlob } from '../../../src/toybox/evaluation/round-blob.js';

const SIZE = 64;

/** A grey picture with the pixels of `inside` red. */
function picture(inside: (x: number, y: number) => boolean, colour = [200, 30, 30]): RgbImage {
  const data = new Uint8Array(SIZE * SIZE * 3).fill(160);
  for (let p = 0; p < SIZE * SIZE; p++) if (inside(p % SIZE, Math.floor(p / SIZE))) data.set(colour, 3 * p);
  return { width: SIZE, height: SIZE, channels: 3, data };
}

describe('largestBlob', () => {
  it('finds discs round wherever they are, and gives their area', () => {
    const disc = fc.tuple(
      fc.double({ min: 6, max: 14, noNaN: true }),
      fc.integer({ min: 16, max: 47 }),
      fc.integer({ min: 16, max: 47 }),
    );
    fc.assert(
      fc.property(disc, ([r, cx, cy]) => {
        const blob = largestBlob(
          picture((x, y) => (x - cx) ** 2 + (y - cy) ** 2 <= r * r),
          0,
        )!;
        expect(blob.roundness).toBeGreaterThan(0.93);
        expect(blob.area * SIZE * SIZE).toBeCloseTo(Math.PI * r * r, -2);
      }),
    );
  });

  it('gives a square 0.83, and a bar much less', () => {
    const square = picture((x, y) => Math.abs(x - 30) < 10 && Math.abs(y - 30) < 10);
    expect(largestBlob(square, 0)!.roundness).toBeCloseTo(0.83, 1);
    const bar = picture((x, y) => Math.abs(x - 30) < 20 && Math.abs(y - 30) < 4);
    expect(largestBlob(bar, 0)!.roundness).toBeLessThan(0.5);
  });

  it('sees only its hue', () => {
    const blue = picture((x, y) => (x - 30) ** 2 + (y - 30) ** 2 < 100, [34, 74, 210]);
    expect(largestBlob(blue, 0)).toBeUndefined();
    expect(largestBlob(blue, 226)).toBeDefined();
    expect(
      largestBlob(
        picture(() => true, [128, 128, 128]),
        0,
      ),
    ).toBeUndefined();
  });

  it('takes the largest of several, without wrapping around the edges', () => {
    const edges = picture((x, y) => (x < 2 && y === 10) || (x > 61 && y === 9));
    expect(largestBlob(edges, 0)!.area * SIZE * SIZE).toBe(2);
  });
});
