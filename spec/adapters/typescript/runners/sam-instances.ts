import {
  covers,
  gridPoints,
  type Point,
  samInstancesToText,
  textToSamInstances,
} from '../../../../src/modalities/text/sam-instances.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';

type Pair = [x: number, y: number];
const pointOf = ([x, y]: Pair): Point => ({ x, y });

interface SamCases {
  readonly grid_query_points_xy: Pair[];
  readonly grid_points_per_side: number;
  readonly build: {
    readonly polygons_xy: Pair[][];
    readonly token_ids: number[][];
    readonly bbox_ymin_xmin_ymax_xmax: [number, number, number, number][];
    readonly query_points_xy: Pair[];
  }[];
  readonly parse: { readonly string: string }[];
}

/** `trans.sam`: objects to texts, and texts to objects. */
export function samInstances(reference: ConformanceCase, compare: Comparison): void {
  const { grid_query_points_xy, grid_points_per_side: side, build, parse } = reference.json() as SamCases;
  const sections = ['grid_query_points_xy', 'grid_points_per_side', 'build', 'parse'];
  compare.entry('data', reference.json() as object, sections);
  const grid = gridPoints(224, 224, side, side);
  compare.value(
    'grid_query_points_xy',
    grid.map(({ x, y }) => [x, y]),
    grid_query_points_xy,
  );
  build.forEach((entry, i) => {
    const instances = entry.polygons_xy.map((polygon, k) => {
      const [ymin, xmin, ymax, xmax] = entry.bbox_ymin_xmin_ymax_xmax[k]!;
      return { outline: polygon.map(pointOf), tokens: entry.token_ids[k]!, box: { xmin, ymin, xmax, ymax } };
    });
    const points = entry.query_points_xy.map(pointOf);
    const given = ['polygons_xy', 'token_ids', 'bbox_ymin_xmin_ymax_xmax', 'query_points_xy'];
    compare.entry(`build[${i}]`, entry, given, {
      hits_per_query: points.map((point) => instances.flatMap(({ outline }, k) => (covers(outline, point) ? [k] : []))),
      string: samInstancesToText(instances, points, { compat: 'official' }),
    });
  });
  parse.forEach((entry, i) => {
    const read = textToSamInstances(entry.string);
    compare.entry(`parse[${i}]`, entry, ['string'], {
      tokens: read.map(({ tokens }) => [0, 4, 8, 12].map((k) => Array.from(tokens).slice(k, k + 4))),
      bboxes: read.map(({ box }) => [box.ymin, box.xmin, box.ymax, box.xmax]),
      no_valid_instance: read.length === 0,
    });
  });
}
