import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromPatches, type PatchLayout, toPatches } from '../../src/nn/patches.js';

const few = fc.integer({ min: 1, max: 4 });
const layouts = fc.record({
  channels: few,
  grid: fc.tuple(few, few),
  patch: fc.tuple(few, few),
  order: fc.constantFrom('channel-first' as const, 'channel-last' as const),
});

function numbered(images: number, { channels, grid, patch }: PatchLayout): Int32Array {
  return Int32Array.from({ length: images * channels * grid[0] * grid[1] * patch[0] * patch[1] }, (_, i) => i);
}

/** Index of a value of an image in the patches, by the definition. */
function indexIn({ channels, grid, patch, order }: PatchLayout, index: number): number {
  const [height, width] = [grid[0] * patch[0], grid[1] * patch[1]];
  const c = index % channels;
  const x = Math.floor(index / channels) % width;
  const y = Math.floor(index / (channels * width)) % height;
  const image = Math.floor(index / (channels * width * height));
  const [row, column] = [Math.floor(y / patch[0]), Math.floor(x / patch[1])];
  const [inY, inX] = [y % patch[0], x % patch[1]];
  const inside =
    order === 'channel-first' ? (c * patch[0] + inY) * patch[1] + inX : (inY * patch[1] + inX) * channels + c;
  return ((image * grid[0] + row) * grid[1] + column) * channels * patch[0] * patch[1] + inside;
}

test('an image of 4 × 2 pixels with two channels, by hand', () => {
  const image = Int32Array.of(0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61, 70, 71);
  const layout = { channels: 2, grid: [1, 2], patch: [2, 2] } as const;
  expect([...toPatches(image, { ...layout, order: 'channel-last' })]).toEqual([
    0, 1, 10, 11, 40, 41, 50, 51, 20, 21, 30, 31, 60, 61, 70, 71,
  ]);
  expect([...toPatches(image, { ...layout, order: 'channel-first' })]).toEqual([
    0, 10, 40, 50, 1, 11, 41, 51, 20, 30, 60, 70, 21, 31, 61, 71,
  ]);
});

test('every value is at its defined position', () => {
  fc.assert(
    fc.property(layouts, fc.integer({ min: 0, max: 3 }), (layout, images) => {
      const values = numbered(images, layout);
      const patches = toPatches(values, layout);
      for (const value of values) expect(patches[indexIn(layout, value)]).toBe(value);
    }),
  );
});

test('the two functions are inverse, and do not modify their arguments', () => {
  fc.assert(
    fc.property(layouts, fc.integer({ min: 0, max: 3 }), (layout, images) => {
      const values = numbered(images, layout);
      expect(fromPatches(toPatches(values, layout), layout)).toEqual(numbered(images, layout));
      expect(toPatches(fromPatches(values, layout), layout)).toEqual(numbered(images, layout));
      expect(values).toEqual(numbered(images, layout));
    }),
  );
});
