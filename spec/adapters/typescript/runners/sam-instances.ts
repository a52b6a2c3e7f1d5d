import {
  covers,
  gridPoints,
  type Point,
  samInstancesToText,
  textToSamInstances,
} from '../../../../src/modalities/text/sam-instances.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';

type Pair = [x: number, y: number];
const pointOf = ([x, y]: Pair): Point => ({ x, y });

interface SamCases {
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
export function samInstances(task: Inputs, out: Outputs): void {
  const { grid_points_per_side: side, build, parse } = task.json() as SamCases;
  const size = task.options.grid_image_size as number;
  out.value(
    '/grid_query_points_xy',
    gridPoints(size, size, side, side).map(({ x, y }) => [x, y]),
  );
  build.forEach((entry, i) => {
    const instances = entry.polygons_xy.map((polygon, k) => {
      const [ymin, xmin, ymax, xmax] = entry.bbox_ymin_xmin_ymax_xmax[k]!;
      return { outline: polygon.map(pointOf), tokens: entry.token_ids[k]!, box: { xmin, ymin, xmax, ymax } };
    });
    const points = entry.query_points_xy.map(pointOf);
    out.value(`/build/${i}`, {
      hits_per_query: points.map((point) => instances.flatMap(({ outline }, k) => (covers(outline, point) ? [k] : []))),
      string: samInstancesToText(instances, points, { compat: 'official' }),
    });
  });
  parse.forEach((entry, i) => {
    const read = textToSamInstances(entry.string, { compat: 'official' });
    out.value(`/parse/${i}`, {
      tokens: read.map(({ tokens }) => [0, 4, 8, 12].map((k) => Array.from(tokens).slice(k, k + 4))),
      bboxes: read.map(({ box }) => [box.ymin, box.xmin, box.ymax, box.xmax]),
      no_valid_instance: read.length === 0,
    });
  });
}
