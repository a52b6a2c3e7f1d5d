import { expect, test } from 'vitest';
import { blank, drawLine } from '../../../src/media/draw.js';
import { drawSkeletons } from '../../../src/modalities/people/draw-skeletons.js';
import { drawMetadata } from '../../../src/modalities/text/draw-metadata.js';
import { drawInstances } from '../../../src/toybox/drawing/annotations.js';
import { toyboxMetadata, toyboxSample } from '../../../src/toybox/index.js';

const SAMPLE = toyboxSample(1);
const pixel = ({ data, width }: { data: Uint8Array; width: number }, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

test('instances are tinted, outlined, and everything else is the picture', () => {
  const scale = 4;
  const drawn = drawInstances(SAMPLE, scale);
  expect([drawn.width, drawn.height]).toEqual([256, 256]);
  const colours = new Set<string>();
  for (let y = 0; y < 64; y++) {
    for (let x = 0; x < 64; x++) {
      const own = pixel(SAMPLE.rgb, x, y);
      const shown = pixel(drawn, scale * x + 1, scale * y + 1);
      if (SAMPLE.instance.data[64 * y + x] === 0) expect(shown).toEqual(own);
      else expect(shown).not.toEqual(own);
      const left = x > 0 ? SAMPLE.instance.data[64 * y + x - 1] : undefined;
      if (SAMPLE.instance.data[64 * y + x] === 1 && left === 0) colours.add(pixel(drawn, scale * x, scale * y).join());
    }
  }
  expect(colours.size).toBe(1);
});

test('skeletons are drawn over the joints of people only', () => {
  const { joints } = SAMPLE.people[0]!;
  const drawn = drawSkeletons(SAMPLE.rgb, SAMPLE.people, 4);
  const plain = drawSkeletons(SAMPLE.rgb, [], 4);
  for (const { x, y } of joints) {
    const at = [Math.floor(256 * x), Math.floor(256 * y)] as const;
    expect(pixel(drawn, ...at)).not.toEqual(pixel(plain, ...at));
  }
  expect(drawSkeletons(SAMPLE.rgb, [{ joints: joints.map(() => ({ x: -3, y: 5, depth: 4 })) }], 4)).toEqual(plain);
});

test('metadata are a table with a row each', () => {
  const metadata = toyboxMetadata(SAMPLE);
  const { original_width: _, ...rest } = metadata;
  const rows = ({ data, width }: { data: Uint8Array; width: number }) =>
    [...Array(256).keys()].filter((y) => data.subarray(3 * y * width, 3 * (y + 1) * width).some((value) => value < 60));
  expect(rows(drawMetadata(metadata)).length).toBeGreaterThan(rows(drawMetadata(rest)).length);
  expect(rows(drawMetadata({}))).toEqual([]);
});

test('a line covers all pixels within half its thickness', () => {
  const image = blank(20, 20, [0, 0, 0]);
  drawLine(image, [2, 10], [40, 10], [255, 0, 0], 4);
  const lit = (x: number, y: number) => pixel(image, x, y)[0] === 255;
  expect([lit(5, 8), lit(5, 11), lit(19, 10)]).toEqual([true, true, true]);
  expect([lit(5, 7), lit(5, 12), lit(0, 5)]).toEqual([false, false, false]);
  const dot = blank(9, 9, [0, 0, 0]);
  drawLine(dot, [4.5, 4.5], [4.5, 4.5], [255, 0, 0], 3);
  expect(dot.data.filter((value) => value === 255)).toHaveLength(9);
});
