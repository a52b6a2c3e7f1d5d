import { expect, test } from 'vitest';
import { CancelledError } from '../../../src/errors.js';
import { Random } from '../../../src/random.js';
import { sceneBatches } from '../../../src/toybox/training/scenes.js';
import { toyboxText } from './tiny.js';

const SIZE = 6;
const PIXELS = 64 * 64 * 3;

test('the scenes of a batch have equally many people', async () => {
  const batch = sceneBatches(SIZE, 40, toyboxText());
  const people = new Set<number>();
  for (let seed = 0; seed < 12; seed++) {
    const { rgb, depth, captions, poses, otherSurroundings } = await batch(new Random(seed));
    expect([rgb.length, depth.length, captions.length]).toEqual([SIZE * PIXELS, (SIZE * PIXELS) / 3, SIZE]);
    expect(otherSurroundings).toBeUndefined();
    expect([0, SIZE]).toContain(poses.scenes.length);
    people.add(poses.scenes.length);
  }
  expect(people.size).toBe(2);
});

test('a batch is a function of the generator, and has the scenes in other surroundings where they are wanted', async () => {
  const [one, two] = await Promise.all([0, 1].map(() => sceneBatches(SIZE, 40, toyboxText(), true)(new Random(3))));
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

test('a signal ends the rendering of a batch', async () => {
  const stop = new AbortController();
  const batch = sceneBatches(SIZE, 40, toyboxText(), false, stop.signal)(new Random(0));
  stop.abort();
  await expect(batch).rejects.toThrow(CancelledError);
});
