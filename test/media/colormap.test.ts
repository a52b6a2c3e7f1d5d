import { expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { classPalette, colourClasses, colourDepth, colourNormals, drawBoxes } from '../../src/media/colormap.js';
import { blank } from '../../src/media/draw.js';

const floats = (channels: number, ...values: number[]) => ({
  width: values.length / channels,
  height: 1,
  channels,
  data: Float32Array.from(values),
});
const pixels = ({ data }: { data: Uint8Array }) =>
  Array.from({ length: data.length / 3 }, (_, i) => [...data.subarray(i * 3, i * 3 + 3)]);

test('near depth is red, far depth blue and dark, beyond the range as its ends, no depth black', () => {
  const [near, middle, far, nearer, farther, none] = pixels(colourDepth(floats(1, 2, 5, 8, 1, 9, Number.NaN), [2, 8]));
  expect(near![0]).toBeGreaterThan(near![2]!);
  expect(middle![1]).toBeGreaterThan(200);
  expect(far![2]).toBeGreaterThanOrEqual(far![1]!);
  expect([nearer, farther, none]).toEqual([near, far, [0, 0, 0]]);
});

test('normals and classes', () => {
  expect(pixels(colourNormals(floats(3, 0, 0, 1, -1, 1, 0)))).toEqual([
    [128, 128, 255],
    [0, 255, 128],
  ]);
  const ids = { width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 0) };
  expect(
    pixels(
      colourClasses(ids, [
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ),
  ).toEqual([
    [4, 5, 6],
    [1, 2, 3],
  ]);
  expect(() => colourClasses(ids, [[1, 2, 3]])).toThrow(
    new InvalidInputError('class 1 has no colour in a palette of 1'),
  );
  expect(() => colourNormals(floats(1, 0))).toThrow(/expected 3 channels/);
});

test('the colours of a palette differ', () => {
  const palette = classPalette(24);
  const distances = palette.flatMap((a, i) =>
    palette.slice(0, i).map((b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])),
  );
  expect(Math.min(...distances)).toBeGreaterThan(20);
});

test('boxes are drawn on a copy, in the colour of their label', () => {
  const image = blank(100, 100, [0, 0, 0]);
  const boxes = [{ label: 'ball', box: { xmin: 0.2, ymin: 0.5, xmax: 0.8, ymax: 0.9 } }];
  const drawn = drawBoxes(image, boxes, (label) => (label === 'ball' ? [9, 8, 7] : [0, 0, 0]));
  const at = (x: number, y: number) => [...drawn.data.subarray((y * 100 + x) * 3, (y * 100 + x) * 3 + 3)];
  expect([at(20, 60), at(79, 60), at(50, 50), at(50, 89)]).toEqual(Array(4).fill([9, 8, 7]));
  expect([at(50, 70), at(19, 60), at(80, 60), at(50, 90)]).toEqual(Array(4).fill([0, 0, 0]));
  expect(at(21, 40)).toEqual([9, 8, 7]);
  expect(image).toEqual(blank(100, 100, [0, 0, 0]));
});

test('boxes at and beyond the edges do no harm', () => {
  const box = { xmin: 0, ymin: 0, xmax: 1, ymax: 1 };
  const far = { xmin: -1, ymin: 0.99, xmax: 3, ymax: 0.99 };
  const drawn = drawBoxes(blank(16, 16, [0, 0, 0]), [
    { label: 'a long label', box },
    { label: '', box: far },
  ]);
  expect(drawn.data).toHaveLength(16 * 16 * 3);
});
