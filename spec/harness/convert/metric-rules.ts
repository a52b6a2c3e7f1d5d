/** Cases of metrics. */
import { pointersOf } from '../json-pointer.js';
import type { Draft } from './draft.js';
import { EXACT, figures, literal, type Rules, type Sets, within } from './rules.js';

export const metricRules: Rules = {
  'eval.coco_bbox': (draft) => detectionSets(draft),
  'eval.coco_segm': (draft) => detectionSets(draft),
  'eval.coco_mask': cocoMasks,
  'eval.depth': (draft) => {
    const { rtol = 0, atol = 0 } = draft.source.about.tolerance as { rtol?: number; atol?: number };
    const open = figures(draft, within(atol, rtol));
    draft.expect('/sets/*/expected/*/per_image/*', open).expect('/sets/*/expected/*/mean', open);
    draft.expect('/sets/*/ssi/*', open).expect('/sets/*/truncated_standardised_l1/*', 'default');
  },
  'eval.frechet': (draft) => {
    (draft.source.data as Sets<{ name: string; tolerance_abs: number }>).sets.forEach(({ name, tolerance_abs }, i) => {
      const tolerance = within(tolerance_abs, 1e-6);
      for (const [key, value] of Object.entries(expectedOf(draft, i))) {
        if (value !== null) draft.expect(`/sets/${i}/expected/${key}`, draft.tolerance(tolerance));
      }
      draft.expect(`/sets/${i}/expected/*`, EXACT, { given: false });
      draft.values.pop();
      draft.hold(new RegExp(`^out\\.${literal(name)}\\.`), draft.tolerance(tolerance));
    });
  },
  'eval.image': (draft) => {
    const sets = (draft.source.data as Sets<{ name: string }>).sets;
    sets.forEach(({ name }, i) => {
      const expected = expectedOf(draft, i);
      const [height = 0, width = 0] = draft.source.shape(`in.${name}.a`);
      for (const [field, window] of Object.entries(WINDOWS)) {
        // The similarity of images smaller than the window is undefined.
        if (expected[field] === undefined && Math.min(height, width) < window) {
          draft.expect(`/sets/${i}/expected/${field}`, EXACT, { value: null, rejection: 'required' });
        }
      }
    });
    draft.expect('/sets/*/expected/*', 'default');
  },
  'eval.knn': (draft) => {
    for (const field of ['top1', 'top5', 'top5_counting_voteless']) {
      draft.expect(`/sets/*/expected/*/${field}`, draft.within(1e-9));
    }
    draft.expect('/sets/*/expected/*/prediction');
    draft.hold(/\.votes$/, draft.within(2e-5)).hold(/\.neighbours$/, EXACT);
  },
  'eval.normals': normals,
  'eval.pose': poses,
  'eval.retrieval': (draft) => {
    const sides = '/sets/*/expected/*';
    const limits = new Set<number>();
    for (const { value } of pointersOf(draft.source.data, sides)) {
      for (const key of Object.keys(value as object)) if (key.startsWith('R@')) limits.add(Number(key.slice(2)));
    }
    draft.options.recall_at = [...limits];
    for (const under of [sides, `${sides}/pessimistic`]) {
      draft.expect(`${under}/ranks`);
      for (const field of ['R@*', 'mean_rank', 'median_rank', 'mrr'])
        draft.expect(`${under}/${field}`, draft.within(1e-9));
    }
    const similarities = Object.entries(draft.tensors).flatMap(([name, { shape }]) => {
      const set = /^out\.(.*)\.similarity$/.exec(name)?.[1];
      return set === undefined ? [] : [[set, shape] as const];
    });
    draft.options.similarities_shown = Object.fromEntries(similarities);
    draft.hold(/\.similarity$/, draft.within(1e-6));
  },
  'eval.rotation': rotations,
  'eval.semseg': (draft) => {
    draft.expect('/sets/*/expected', figures(draft, within(1e-12)));
    draft.hold(/\.confusion$/, EXACT);
  },
  'text.caption_f1': (draft) => {
    const exact = draft.within(1e-12);
    const pair = { prediction_pairs: EXACT, reference_pairs: EXACT, matches: EXACT };
    draft.entries('/pairs/*', ['prediction', 'reference'], { ...pair, precision: exact, recall: exact, f1: exact });
    draft.expect('/micro', exact).expect('/macro_f1', exact);
  },
};

function expectedOf(draft: Draft, set: number): Record<string, unknown> {
  const [place] = pointersOf(draft.source.data, `/sets/${set}/expected`);
  return (place?.value ?? {}) as Record<string, unknown>;
}

/** Sides of the windows of structural similarity. */
const WINDOWS = { ssim_default: 7, ssim_uniform7_population: 7, ssim_gaussian: 11 };

/** Overlaps, matches and the curve before the scores computed from them. */
function detectionSets(draft: Draft): void {
  const close = draft.within(1e-9);
  draft.expect('/sets/*/ious/*/iou', close).expect('/thresholds/iou');
  draft.expect('/sets/*/expected/per_class/*/recall_per_iou', close).expect('/thresholds/recall');
  draft.expect('/sets/*/expected/precision_class0_iou50', close);
  for (const field of ['AP*', 'AR*']) draft.expect(`/sets/*/expected/per_class/*/${field}`, close);
  draft.expect('/sets/*/expected/stats', close);
}

function cocoMasks(draft: Draft): void {
  const facts = { counts: EXACT, area: EXACT, bbox: EXACT };
  draft.entries('/rle/*', ['name', 'tensor', 'size', 'string'], facts);
  draft.expect('/rle/*/string', EXACT, { given: true });
  draft.expect('/rle/*/counts', EXACT, { as: '/rle/*/counts_of_string' });
  draft.entries('/merges/*', ['masks'], { union: EXACT, intersection: EXACT });
  draft.entries('/polygons/*', ['size', 'polygons'], { ...facts, string: EXACT });
  draft.entries('/from_bbox/*', ['size', 'bbox'], { counts: EXACT, area: EXACT, string: EXACT });
  for (const { tensor } of (draft.source.data as { rle: { tensor: string }[] }).rle) {
    const isBinary = draft.source.numbers(tensor).every((value) => value === 0 || value === 1);
    if (isBinary) draft.same(`decoded.${tensor.replace(/^in\./, '')}`, tensor);
  }
  const close = draft.within(1e-9);
  const [boxes, masks]: [unknown[], unknown[]] = [[], []];
  for (const [result, { shape }] of Object.entries(draft.tensors)) {
    const [, box] = /^out\.(box\d+)\.iou$/.exec(result) ?? [];
    const [, set] = /^out\.maskiou(\d+)$/.exec(result) ?? [];
    if (box !== undefined) {
      boxes.push({ result, detections: `in.${box}.dt`, truth: `in.${box}.gt`, crowd: `in.${box}.iscrowd` });
    } else if (set !== undefined) {
      // Detections come first, then the ground truth. The case lists its crowds beside the tensor.
      const [detections, truth] = shape as [number, number];
      const about = draft.source.about.expected?.[result]?.about;
      const crowd = /iscrowd ([\d,]+)/.exec(`${about}`)?.[1]?.split(',').filter(Boolean) ?? [];
      const names = (from: number, count: number) => Array.from({ length: count }, (_, i) => `s${set}_${from + i}`);
      masks.push({
        result,
        detections: names(0, detections),
        truth: names(detections, truth),
        crowd: Array.from({ length: truth }, (_, i) => Number(crowd[i] ?? 0)),
      });
    }
  }
  draft.options.box_ious = boxes;
  draft.options.mask_ious = masks;
  draft.hold(/^out\.(box\d+\.iou|maskiou\d+)$/, close);
}

/** Near 0 and 180 degrees, the arc cosine amplifies rounding errors, and the cases have a larger tolerance. */
const STRAIGHT = { straight: 0.5, atol: 2e-3 };

function normals(draft: Draft): void {
  const sets = (draft.source.data as Sets<{ name: string; n_images: number }>).sets;
  const limits: Record<string, number> = {};
  for (const { value } of pointersOf(draft.source.data, '/sets/*/expected/pooled')) {
    for (const key of Object.keys(value as object)) {
      if (key.startsWith('pct_')) limits[key] = Number(key.slice('pct_'.length).replace('_', '.'));
    }
  }
  draft.options.shares_below = limits;
  sets.forEach(({ name, n_images }, s) => {
    const isStraight = Array.from({ length: n_images }, (_, i) => {
      const [angles, mask] = [
        draft.source.numbers(`out.${name}.angle${i}`),
        draft.source.numbers(`in.${name}.mask${i}`),
      ];
      const { straight } = STRAIGHT;
      return angles.every((angle, pixel) => !mask[pixel] || angle < straight || angle > 180 - straight);
    });
    const pointers = isStraight.map((straight, i) => [`per_image/${i}`, straight] as const);
    for (const [place, straight] of [...pointers, ['pooled', isStraight.every(Boolean)] as const]) {
      const under = `/sets/${s}/expected/${place}`;
      draft
        .expect(`${under}/pct_*`, draft.within(1e-9))
        .expect(`${under}/*`, draft.within(straight ? STRAIGHT.atol : 1e-4));
    }
  });
  const { straight, atol } = STRAIGHT;
  draft.hold(/\.angle\d+$/, draft.tolerance({ form: 'angle', atol: 1e-5, straight, straightAtol: atol }));
}

/** Sets with very small errors, or errors in millimetres, have separate tolerances, which the case describes in words. */
function poses(draft: Draft): void {
  const { atol, rtol = 1e-6 } = draft.source.about.tolerance as { atol?: unknown; rtol?: number };
  const [, usual = '1e-7', rest = ''] = /^\s*(?:abs )?([\d.e-]+)\s*(?:\(([^)]*)\))?/.exec(String(atol)) ?? [];
  const own = new Map<string, number>();
  for (const part of rest.split(';')) {
    const [, names = '', value] = /^(.*\S)\s+([\d.e-]+)$/.exec(part.trim()) ?? [];
    for (const name of names.split(',')) if (value !== undefined) own.set(name.trim(), Number(value));
  }
  const limits = new Set<string>();
  (draft.source.data as Sets<{ name: string }>).sets.forEach(({ name }, i) => {
    const tolerance = draft.within(own.get(name) ?? Number(usual), rtol);
    for (const limit of Object.keys((expectedOf(draft, i).pck ?? {}) as object)) limits.add(limit);
    draft.expect(`/sets/${i}/expected/pck/*`, draft.within(1e-9));
    for (const field of ['mpjpe*', 'n_mpjpe', 'pa_mpjpe', 'pa_scale', 'mean_*']) {
      draft.expect(`/sets/${i}/expected/${field}`, tolerance);
    }
    draft.hold(new RegExp(`^out\\.${literal(name)}\\.`), tolerance);
  });
  draft.options.pck_at = [...limits];
}

function rotations(draft: Draft): void {
  const [matrices, angles] = [draft.within(1e-9), draft.within(1e-6)];
  draft
    .hold(/./, matrices)
    .hold(/^out\.(d6_noisy_axis_angle|euler_xyz|geodesic)$/, angles)
    .hold(/^out\.near_pi$/, EXACT);
  const nearPi = 'out.near_pi';
  draft.hold(/^out\.quaternion$/, draft.tolerance({ form: 'sign', width: 4, atol: 1e-6, nearPi, piAtol: 1e-6 }));
  draft.alias('in.quaternion', 'out.quaternion');
  const rotation = draft.tolerance({ form: 'rotation', atol: 1e-6, nearPi, piAtol: 1e-5 });
  for (const name of ['axis_angle_of_matrix', 'axis_angle_of_matrix_by_quaternion', 'axis_angle_of_quaternion']) {
    draft.same(name, 'in.axis_angle', rotation);
  }
  for (const layout of ['columns', 'interleaved', 'rows']) {
    draft.alias(`in.d6_${layout}`, `out.d6_${layout}`);
    draft.same(`d6_noisy_matrix_${layout}`, 'out.d6_noisy_matrix', matrices);
    draft.same(`matrix_of_d6_${layout}`, 'out.matrix', matrices);
  }
  draft.options.euler_count = draft.source.shape('out.euler_xyz')[0];
  // Pairs of rotations, with indices that differ by forty.
  draft.options.geodesic_count = draft.source.shape('out.geodesic')[0];
  draft.options.geodesic_offset = 40;
}
