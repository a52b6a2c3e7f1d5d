import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import {
  covers,
  gridPoints,
  type OutlinedInstance,
  type Point,
  readSamInstances,
  type SamInstance,
  samInstancesAtPointsToText,
  samInstancesToText,
  textToSamInstances,
} from '../../../src/modalities/text/sam-instances.js';

type Pair = [x: number, y: number];
type Four = [number, number, number, number];
const vectors: {
  grid_query_points_xy: Pair[];
  grid_points_per_side: number;
  build: {
    polygons_xy: Pair[][];
    token_ids: number[][];
    bbox_ymin_xmin_ymax_xmax: Four[];
    query_points_xy: Pair[];
    hits_per_query: number[][];
    string: string;
  }[];
  parse: { string: string; tokens?: number[][][]; bboxes?: Four[]; no_valid_instance?: boolean }[];
} = JSON.parse(readFileSync(new URL('../../../spec/vectors/trans_sam/data.json', import.meta.url), 'utf8'));

const point = ([x, y]: Pair): Point => ({ x, y });

describe('published strings', () => {
  test('grid points', () => {
    const n = vectors.grid_points_per_side;
    expect(gridPoints(224, 224, n, n)).toEqual(vectors.grid_query_points_xy.map(point));
  });

  test.each(vectors.build.map((c, i) => [i, c] as const))('build %i', (_, c) => {
    const instances = c.polygons_xy.map((polygon, i): OutlinedInstance => {
      const [ymin, xmin, ymax, xmax] = c.bbox_ymin_xmin_ymax_xmax[i]!;
      return { outline: polygon.map(point), tokens: c.token_ids[i]!, box: { xmin, ymin, xmax, ymax } };
    });
    const points = c.query_points_xy.map(point);
    const hits = points.map((p) => instances.flatMap(({ outline }, i) => (covers(outline, p) ? [i] : [])));
    expect(hits).toEqual(c.hits_per_query);
    expect(samInstancesToText(instances, points, { compat: 'official' })).toBe(c.string);
  });

  test.each(vectors.parse.map((c, i) => [i, c] as const))('parse %i', (_, c) => {
    const read = textToSamInstances(c.string);
    expect(read.map(({ box }) => [box.ymin, box.xmin, box.ymax, box.xmax])).toEqual(c.bboxes ?? []);
    expect(read.map(({ tokens }) => tokens)).toEqual((c.tokens ?? []).map((rows) => rows.flat()));
    expect(read.length === 0).toBe(c.no_valid_instance ?? false);
  });
});

const side = fc.integer({ min: 0, max: 223 });
const instance = fc
  .record({ a: side, b: side, c: side, d: side, tokens: fc.array(fc.nat(1023), { minLength: 16, maxLength: 16 }) })
  .filter(({ a, b, c, d }) => a !== b && c !== d)
  .map(({ a, b, c, d, tokens }): OutlinedInstance => {
    const box = { xmin: Math.min(a, b), ymin: Math.min(c, d), xmax: Math.max(a, b), ymax: Math.max(c, d) };
    const corners: Pair[] = [
      [box.xmin, box.ymin],
      [box.xmax, box.ymin],
      [box.xmax, box.ymax],
      [box.xmin, box.ymax],
    ];
    return { box, tokens, outline: corners.map(point) };
  });

test('written objects are read back, once for each point on them', () => {
  const points = fc.uniqueArray(fc.tuple(side, side), { selector: String, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(instance, { maxLength: 4 }), points, (instances, pairs) => {
      const read = textToSamInstances(samInstancesToText(instances, pairs.map(point)));
      const expected = pairs.flatMap(([x, y]) =>
        instances
          .filter(({ box }) => x >= box.xmin && x <= box.xmax && y >= box.ymin && y <= box.ymax)
          .map(({ box, tokens }) => ({ box, tokens, point: { x, y } })),
      );
      const asText = (list: readonly unknown[]) => list.map((item) => JSON.stringify(item)).toSorted();
      expect(asText(read)).toEqual(asText(expected));
    }),
  );
});

test('objects without outline are written at their own point, or the centre of their box, and read back', () => {
  const told = fc.record({ instance, point: fc.option(fc.record({ x: side, y: side })) });
  fc.assert(
    fc.property(fc.array(told, { maxLength: 4 }), (list) => {
      const instances = list.map(({ instance: { box, tokens }, point }) => ({ box, tokens, ...(point && { point }) }));
      const { values, unparsed } = readSamInstances(samInstancesAtPointsToText(instances));
      const asText = (some: readonly SamInstance[]) => some.map((item) => JSON.stringify(item)).toSorted();
      const middle = ({ xmin, xmax, ymin, ymax }: SamInstance['box']) => ({
        x: Math.trunc((xmin + xmax) / 2),
        y: Math.trunc((ymin + ymax) / 2),
      });
      expect(asText(values)).toEqual(asText(instances.map((one) => ({ ...one, point: one.point ?? middle(one.box) }))));
      expect(unparsed).toBe(0);
    }),
  );
});

test('points covered by an outline', () => {
  const triangle = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
    { x: 0, y: 10 },
  ];
  expect(covers(triangle, { x: 3, y: 3 })).toBe(true);
  expect(covers(triangle, { x: 5, y: 5 })).toBe(true);
  expect(covers(triangle, { x: 6, y: 5 })).toBe(false);
  expect(covers(triangle, { x: 11, y: 0 })).toBe(false);
  expect(covers([], { x: 0, y: 0 })).toBe(false);
  const small = triangle.map(({ x, y }) => ({ x: x / 20, y: y / 20 }));
  expect(covers(small, { x: 0.5, y: 0 })).toBe(true);
  expect(covers(small, { x: 1, y: 0 })).toBe(false);
  expect(covers(small, { x: 0, y: 1 })).toBe(false);
});

const box = 'v0=1 v1=2 v2=3 v3=4';
const tokens = Array.from({ length: 16 }, () => 'v0=7').join(' ');

test.each([
  ['', 0, 0],
  ['point v0=1 v1=2 none', 0, 0],
  [`point v0=1 v1=2 polygon ${box} ${tokens} [EOS]`, 1, 0],
  [`point v0=1 v1=2 polygon ${box} ${tokens} v0=7`, 0, 22],
  [`point v0=1 v1=2 polygon v0=3 v1=2 v2=3 v3=4 ${tokens}`, 0, 21],
  [`point v0=1 v1=2 polygon ${box} ${tokens.replace('v0=7', 'v1=512')}`, 0, 21],
  [`point v0=1 v1=2 polygon ${box} ${tokens.replace('v0=7', 'person')}`, 0, 21],
  [`point v0=1 v1=2 polygon v0=1 v0=7 point v0=1 v1=2 polygon ${box} ${tokens}`, 1, 3],
  [`v0=3 polygon ${box} ${tokens} point v0=1`, 1, 3],
  [`point v1=2 polygon ${box} ${tokens} point v0=1`, 1, 4],
])('malformed text is read as far as it makes sense: %j', (text, count, unparsed) => {
  expect(textToSamInstances(text)).toHaveLength(count);
  expect(readSamInstances(text).unparsed).toBe(unparsed);
});

test('coordinates out of range are clamped', () => {
  const text = samInstancesAtPointsToText([
    { box: { xmin: -3.5, ymin: -0.5, xmax: 2000, ymax: 9 }, tokens: new Array(16).fill(0), point: { x: 1000, y: -1 } },
  ]);
  expect(text).toMatch(/^point v0=0 v1=999 polygon v0=0 v1=0 v2=999 v3=9 v0=0 /);
});

test.each([
  { box: { xmin: 0, ymin: Number.NaN, xmax: 9, ymax: 9 } },
  { point: { x: Number.NaN, y: 0 } },
  { tokens: new Array(16).fill(1024) },
  { tokens: new Array(16).fill(0.5) },
])('%o is refused', (part) => {
  const whole = { box: { xmin: 0, ymin: 0, xmax: 9, ymax: 9 }, tokens: new Array(16).fill(0) };
  expect(() => samInstancesAtPointsToText([{ ...whole, ...part }])).toThrow(InvalidInputError);
});

test('an object has 16 tokens', () => {
  const outline = [point([1, 1])];
  const whole = { xmin: 0, ymin: 0, xmax: 9, ymax: 9 };
  expect(() => samInstancesToText([{ outline, tokens: [1, 2], box: whole }], outline)).toThrow(InvalidInputError);
});
