/** Metrics of depth, surface normals and classes. */
import { InvalidInputError } from '../../../../src/errors.js';
import { DepthMetric } from '../../../../src/evaluation/depth.js';
import { alignDepth, type DepthAlignment } from '../../../../src/evaluation/depth-alignment.js';
import { NormalMetric } from '../../../../src/evaluation/normals.js';
import { SegmentationMetric } from '../../../../src/evaluation/segmentation.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison, Figures } from '../../../harness/comparison.js';
import type { Tolerance } from '../../../harness/difference.js';

/** Several pictures, and what is measured on each and on all. */
interface MapSet<Expected> {
  readonly name: string;
  readonly n_images: number;
  readonly expected: Expected;
}

function setsOf<T>(reference: ConformanceCase): T[] {
  return (reference.json() as { sets: T[] }).sets;
}

/** The values of a tensor, whatever they are stored as. */
function values(reference: ConformanceCase, name: string): Float64Array {
  return Float64Array.from(reference.data.read(name) as ArrayLike<number>);
}

/** Figures of a metric that has seen nothing are all null. */
function figuresOf<T>(measure: () => T, list: (scores: T) => Figures, expected: Figures): Figures {
  try {
    return list(measure());
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return Object.fromEntries(Object.keys(expected).map((field) => [field, null]));
  }
}

const ALIGNMENTS: Readonly<Record<string, DepthAlignment>> = {
  none: 'none',
  lstsq: 'scale-and-shift',
  scale_lstsq: 'scale',
  median_scale: 'median-scale',
  median_mad: 'median-deviation',
  median_meanad: 'mean-deviation',
  disparity_lstsq: 'disparity',
};

type DepthSet = MapSet<Record<string, { per_image: Figures[]; mean: Figures }>>;

/** `eval.depth`: errors of depth under every alignment. */
export function depthMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name: set, n_images, expected } of setsOf<DepthSet>(reference)) {
    const pictures = Array.from({ length: n_images }, (_, i) =>
      ['pred', 'gt', 'mask'].map((map) => values(reference, `in.${set}.${map}${i}`)),
    ) as [Float64Array, Float64Array, Float64Array][];
    for (const [name, { per_image, mean }] of Object.entries(expected)) {
      const measured = (shown: typeof pictures, wanted: Figures) => {
        const metric = new DepthMetric(ALIGNMENTS[name]);
        for (const maps of shown) metric.add(...maps);
        const list = (s: ReturnType<typeof metric.result>) => ({
          absrel: s.absRel,
          rmse: s.rmse,
          mae: s.mae,
          delta1: s.delta1,
        });
        return figuresOf(() => metric.result(), list, wanted);
      };
      per_image.forEach((wanted, i) => {
        compare.figures(`${set}.${name}[${i}]`, measured([pictures[i]!], wanted), wanted);
      });
      compare.figures(`${set}.${name}`, measured(pictures, mean), mean);
      pictures.forEach((maps, i) => {
        compareAligned(compare, `out.${set}.aligned_${name}${i}`, ALIGNMENTS[name]!, maps);
      });
    }
  }
}

function compareAligned(
  compare: Comparison,
  name: string,
  alignment: DepthAlignment,
  [p, g, mask]: [Float64Array, Float64Array, Float64Array],
): void {
  if (!compare.expects(name)) return;
  const valid = [...g.keys()].filter((pixel) => mask[pixel]! > 0 && g[pixel]! > 0);
  const own = (map: Float64Array) => Float64Array.from(valid, (pixel) => map[pixel]!);
  const all = new Float64Array(g.length);
  alignDepth(alignment, own(p), own(g)).forEach((depth, i) => {
    all[valid[i]!] = depth;
  });
  compare.tensor(name, all);
}

type NormalSet = MapSet<{ pooled: Figures; per_image: Figures[] }>;

/** Of angles near 0 and 180 degrees the arc cosine makes little; sets of such have a tolerance of their own. */
const STRAIGHT = ['perfect', 'opposite'];

/** What the case allows angles of a set, and their means, in degrees. */
function angleTolerances(set: string): { each: Tolerance; average: Tolerance } {
  const tolerance = (atol: number) => ({ rtol: 0, atol: STRAIGHT.includes(set) ? 2e-3 : atol });
  return { each: tolerance(1e-5), average: tolerance(1e-4) };
}

/** `eval.normals`: angles between surface normals, pixel by pixel, and what follows from them. */
export function normalMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name: set, n_images, expected } of setsOf<NormalSet>(reference)) {
    const { each, average } = angleTolerances(set);
    const pooled = new NormalMetric();
    for (let i = 0; i < n_images; i++) {
      const [p, g, mask] = ['pred', 'gt', 'mask'].map((map) => values(reference, `in.${set}.${map}${i}`));
      const metric = new NormalMetric();
      for (const m of [metric, pooled]) m.add(p!, g!, mask!);
      compareNormals(compare, `${set}[${i}]`, metric, expected.per_image[i]!, average);
      const angles = Array.from(mask!, (used, pixel) => (used ? angleAt(p!, g!, 3 * pixel) : 0));
      compare.tensor(`out.${set}.angle${i}`, angles, each);
    }
    compareNormals(compare, set, pooled, expected.pooled, average);
  }
}

function angleAt(predicted: Float64Array, truth: Float64Array, from: number): number {
  const pixel = new NormalMetric();
  pixel.add(predicted.subarray(from, from + 3), truth.subarray(from, from + 3));
  return pixel.result().mean;
}

function compareNormals(
  compare: Comparison,
  name: string,
  metric: NormalMetric,
  { mean, median, ...shares }: Figures,
  average: Tolerance,
): void {
  const angles = { mean: mean!, median: median! };
  const ofAngles = (s: ReturnType<typeof metric.result>) => ({ mean: s.mean, median: s.median });
  const ofShares = (s: ReturnType<typeof metric.result>) => ({
    pct_11_25: 100 * s.below11,
    pct_22_5: 100 * s.below22,
    pct_30: 100 * s.below30,
  });
  const measured = () => metric.result();
  compare.figures(name, figuresOf(measured, ofAngles, angles), angles, average);
  compare.figures(name, figuresOf(measured, ofShares, shares), shares);
}

type ClassSet = MapSet<{
  iou: (number | null)[];
  class_accuracy: (number | null)[];
  miou: number | null;
  pixel_accuracy: number | null;
  per_image: Figures[];
}> & { num_classes: number; ignore_index: number };

/** `eval.semseg`: the confusion of classes, and what follows from it. */
export function classMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name: set, n_images, expected, num_classes: classes, ignore_index } of setsOf<ClassSet>(reference)) {
    const pooled = new SegmentationMetric(classes, ignore_index);
    const list = (s: ReturnType<typeof pooled.result>) => ({ miou: s.meanIou, pixel_accuracy: s.pixelAccuracy });
    for (let i = 0; i < n_images; i++) {
      const [p, g] = ['pred', 'gt'].map((map) => values(reference, `in.${set}.${map}${i}`));
      const metric = new SegmentationMetric(classes, ignore_index);
      for (const m of [metric, pooled]) m.add(p!, g!);
      const wanted = expected.per_image[i]!;
      compare.figures(
        `${set}[${i}]`,
        figuresOf(() => metric.result(), list, wanted),
        wanted,
      );
    }
    const { iou, class_accuracy, per_image: _, ...means } = expected;
    const byClass = (of: readonly (number | null)[]) => Object.fromEntries(of.map((x, c) => [c, x]));
    const nothing = () => new Array<null>(classes).fill(null);
    const scores = figuresOrNothing(pooled);
    compare.figures(
      set,
      figuresOf(() => pooled.result(), list, means),
      means,
    );
    compare.figures(`${set}.iou`, byClass(scores?.classIou ?? nothing()), byClass(iou));
    compare.figures(`${set}.class_accuracy`, byClass(scores?.classAccuracy ?? nothing()), byClass(class_accuracy));
    compare.tensor(`out.${set}.confusion`, scores?.confusion ?? new Float64Array(classes * classes));
  }
}

function figuresOrNothing(metric: SegmentationMetric): ReturnType<typeof metric.result> | undefined {
  try {
    return metric.result();
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}
