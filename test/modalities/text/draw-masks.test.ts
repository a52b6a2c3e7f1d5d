import { expect, test } from 'vitest';
import { classPalette } from '../../../src/media/colormap.js';
import { blank } from '../../../src/media/draw.js';
import { drawMasks } from '../../../src/modalities/text/draw-masks.js';

const GREY = [100, 100, 100] as const;
const picture = blank(224, 224, GREY);
const box = { xmin: 50, ymin: 100, xmax: 100, ymax: 200 };
const full = { width: 64, height: 64, channels: 1, data: new Float32Array(64 * 64).fill(0.9) };

/** The colour at a place of the picture of 224 pixels. */
function at({ data, width }: { data: Uint8Array; width: number }, x: number, y: number): number[] {
  const scale = width / 224;
  const from = 3 * (Math.floor(y * scale) * width + Math.floor(x * scale));
  return [...data.subarray(from, from + 3)];
}

test('a mask tints the picture inside its box, and has an outline of full colour', () => {
  const drawn = drawMasks(picture, [{ box, mask: full, count: 1 }], 224);
  const [colour] = classPalette(1);
  expect(at(drawn, 50, 150)).toEqual(colour);
  expect(at(drawn, 75, 150)).toEqual(colour!.map((c) => Math.round(0.4 * c + 0.6 * 100)));
  for (const [x, y] of [
    [49, 150],
    [101, 150],
    [75, 99],
    [75, 201],
  ] as const)
    expect(at(drawn, x, y)).toEqual(GREY);
});

test('without masks boxes are drawn, on a copy of the picture', () => {
  const drawn = drawMasks(picture, [{ box, tokens: [] }], 224);
  expect(at(drawn, 50, 150)).toEqual(classPalette(1)[0]);
  expect(at(drawn, 75, 150)).toEqual(GREY);
  expect(picture.data.every((x) => x === 100)).toBe(true);
});
