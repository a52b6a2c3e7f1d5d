import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import {
  type Detection,
  detectionsToText,
  orderDetections,
  textToDetections,
} from '../../../src/modalities/text/detections.js';

type Row = [xmin: number, ymin: number, xmax: number, ymax: number, label: string, score: number];
const vectors: {
  build: { after_augment: Row[]; bbox_order: string; det_max_instances: number | null; string: string }[];
  parse: { string: string; boxes: Row[] }[];
} = JSON.parse(readFileSync(new URL('../../../spec/vectors/trans_det/data.json', import.meta.url), 'utf8'));

const detection = ([xmin, ymin, xmax, ymax, label]: Row): Detection => ({ label, box: { xmin, ymin, xmax, ymax } });

describe('published strings', () => {
  test.each(vectors.build.map((c, i) => [i, c] as const))('build %i', (_, c) => {
    const detections = c.after_augment.map(detection);
    expect(detectionsToText(detections, 1000)).toBe(c.string);
    if (c.bbox_order !== 'dist_to_orig') return;
    const corners = (list: Detection[]) => list.map(({ box }) => Math.hypot(box.xmin, box.ymin));
    expect(corners(orderDetections(detections.toReversed()))).toEqual(corners(detections));
  });

  test.each(vectors.parse.map((c, i) => [i, c] as const))('parse %i', (_, c) => {
    expect(textToDetections(c.string, 1000)).toEqual(c.boxes.map(detection));
  });
});

test('coordinates halfway between two bins go to the even one', () => {
  const box = { xmin: 0.5 / 8, ymin: 1.5 / 8, xmax: 2.5 / 8, ymax: 3.5 / 8 };
  expect(detectionsToText([{ label: 'ring', box }], 9)).toBe('v0=0 v1=2 v2=2 v3=4 ring');
});

const label = fc.array(fc.constantFrom('ball', 'box', 'traffic light'), { minLength: 1, maxLength: 1 });
const bins = fc.constantFrom(64, 1000);

test('written values are read back, to the nearest bin', () => {
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });
  const objects = fc.array(fc.tuple(fraction, fraction, fraction, fraction, label));
  fc.assert(
    fc.property(objects, bins, (rows, n) => {
      const written = rows.map(([a, b, c, d, [name]]) => detection([a, b, c, d, name!, 1]));
      const read = textToDetections(detectionsToText(written, n), n);
      expect(read.map((d) => d.label)).toEqual(written.map((d) => d.label));
      read.forEach(({ box }, i) => {
        for (const side of ['xmin', 'ymin', 'xmax', 'ymax'] as const) {
          expect(Math.abs(box[side] - written[i]!.box[side])).toBeLessThanOrEqual(0.5 / (n - 1) + 1e-9);
        }
      });
      expect(detectionsToText(read, n)).toBe(detectionsToText(written, n));
    }),
  );
});

test.each([
  ['', []],
  ['ball', []],
  ['v0=1 v1=2 v2=3 v3=4', []],
  ['v0=1 v1=2 v2=3 ball', []],
  ['v1=1 v0=2 v2=3 v3=4 ball', []],
  ['v0=1 v1=2 v2=3 v3=64 ball', []],
  ['v0=1 v1=2 v2=3 v3=x ball', []],
  ['v2=9 cone v0=1 v0=1 v1=2 v2=3 v3=4 ball v0=5', ['ball']],
  ['v0=1 v1=2 v2=3 v3=4 ball v1=7 v0=0 v1=0 v2=9 v3=9 box', ['box']],
])('malformed text is read as far as it makes sense: %j', (text, labels) => {
  expect(textToDetections(text, 64).map((d) => d.label)).toEqual(labels);
});

test.each([
  ['v0=1 v3=2 v2=3 v1=4 cat', [[1, 2, 3, 4, 'cat']]],
  ['v0=-5 v1=1500 v2=3 v3=4 hot dog', [[-5, 1500, 3, 4, 'hot dog']]],
  ['v0=1 v1=2 v2=3 cat', []],
  ['v0=1 v1=2 v2=3 v3=4 cat v1=5', []],
  ['v0=1 v0=1 v1=2 v2=3 v3=4 cat', [[1, 2, 3, 4, 'cat']]],
])('the official reader takes four numbers as they come: %j', (text, rows) => {
  const read = textToDetections(text, 1001, { compat: 'official' });
  const corners = ({ box: { xmin, ymin, xmax, ymax }, label }: Detection) => [
    ...[xmin, ymin, xmax, ymax].map((x) => 1000 * x),
    label,
  ];
  expect(read.map(corners)).toEqual(rows);
});

test('no text makes the reader throw', () => {
  const word = fc.constantFrom('v0=', 'v0=1', 'v1=2', 'v2=63', 'v3=64', 'v9=1', 'ball', '=', ' ', '[EOS]');
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string())), (words) => {
      for (const { box } of textToDetections(words.join(' '), 64)) expect(box.xmax).toBeLessThanOrEqual(1);
    }),
  );
});

test.each([-0.01, 1.01, Number.NaN])('a coordinate of %d is an error', (xmin) => {
  const box = { xmin, ymin: 0, xmax: 1, ymax: 1 };
  expect(() => detectionsToText([{ label: 'ball', box }], 64)).toThrow(InvalidInputError);
});
