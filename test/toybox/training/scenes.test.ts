import { expect, test } from 'vitest';
import { Random } from '../../../src/random.js';
import { sceneBatches } from '../../../src/toybox/training/scenes.js';
import { toyboxText } from './tiny.js';

const SIZE = 6;
const PIXELS = 64 * 64 * 3;

test('the scenes of a batch have equally many people', () => {
  const batch = sceneBatches(SIZE, 40, toyboxText());
  const people = Array.from({ length: 12 }, (_, seed) => {
    const { rgb, depth, captions, poses, otherSurroundings } = batch(new Random(seed));
    expect([rgb.length, depth.length, captions.length]).toEqual([SIZE * PIXELS, (SIZE * PIXELS) / 3, SIZE]);
    expect(otherSurroundings).toBeUndefined();
    expect([0, SIZE]).toContain(poses.scenes.length);
    return poses.scenes.length;
  });
  expect(new Set(people).size).toBe(2);
});

test('a batch is a function of the generator, and has the scenes in other surroundings where they are wanted', () => {
  const [one, two] = [0, 1].map(() => sceneBatches(SIZE, 40, toyboxText(), true)(new Random(3)));
  expect(one).toEqual(two);
  const { rgb, otherSurroundings } = one!;
  expect(otherSurroundings!.length).toBe(rgb.length);
  for (let i = 0; i < SIZE; i++) {
    const own = rgb.subarray(i * PIXELS, (i + 1) * PIXELS);
    const other = otherSurroundings!.subarray(i * PIXELS, (i + 1) * PIXELS);
    expect(own.filter((value, j) => Math.abs(value - other[j]!) > 0.03).length / PIXELS).toBeGreaterThan(0.3);
    expect(Math.min(...own, ...other)).toBeGreaterThanOrEqual(-1);
  }
});
