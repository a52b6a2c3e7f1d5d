import { expect, it } from 'vitest';
import { drawInstances, mergedMasks } from '../../../src/modalities/text/sam-masks.js';

it('averages masks of equal objects, keeps others apart, and leaves out masks without contrast', () => {
  const tokens = Array.from({ length: 16 }, () => 0);
  const box = { xmin: 2, ymin: 3, xmax: 42, ymax: 43 };
  const shifted = { xmin: 3, ymin: 3, xmax: 43, ymax: 43 };
  const elsewhere = { xmin: 60, ymin: 60, xmax: 100, ymax: 100 };
  const mask = Float32Array.from({ length: 256 }, (_, i) => (i < 128 ? 1 : 0));
  const softer = mask.map((value) => (value === 1 ? 0.96 : 0));
  const flat = mask.map(() => 0.6);
  const objects = [box, shifted, elsewhere, box].map((own) => ({ box: own, tokens }));
  const masks = mergedMasks(objects, [mask, softer, mask, flat]);
  expect(masks.map(({ count }) => count)).toEqual([2, 1]);
  expect(masks[0]!.box).toEqual({ xmin: 2.5, ymin: 3, xmax: 42.5, ymax: 43 });
  expect(masks[1]!.box).toEqual(elsewhere);
  expect(masks[0]!.mask).toMatchObject({ width: 16, height: 16, channels: 1 });
  expect(masks[0]!.mask.data[0]).toBeCloseTo(0.98, 6);
  expect(mergedMasks([], [])).toEqual([]);
});

it('draws each object into its box, later ones over those before, and nothing beyond the picture', () => {
  const filled = { width: 2, height: 2, channels: 1, data: new Float32Array(4).fill(1) };
  const object = (xmin: number, ymin: number, xmax: number, ymax: number) => {
    return { box: { xmin, ymin, xmax, ymax }, mask: filled, count: 1 };
  };
  const { data } = drawInstances([object(0, 0, 3, 2), object(2, 1, 9, 9), object(1, 1, 1, 5)], 4, 3);
  expect([...data]).toEqual([1, 1, 1, 0, 1, 1, 2, 2, 0, 0, 2, 2]);
});
