import { expectedOf, type OwnVector, tensor } from './write.js';

/** Metrics of nothing: no valid pixel, no visible joint, no pixel of a colour. */
export function metrics(): Record<string, OwnVector> {
  return {
    normals_nothing: normals(),
    pose_nothing: poses(),
    palette_nothing: palettes(),
  };
}

const CLOSE = { default: { form: 'close', rtol: 1e-6, atol: 1e-6 } } as const;

/** An image with one valid pixel, and one without any, which adds nothing to the pooled errors. */
function normals(): OwnVector {
  const limits = { pct_30: 30, pct_5: 5 };
  const one = { mean: 90, median: 90, rmse: 90, pct_30: 0, pct_5: 0, n: 1 };
  const none = { mean: null, median: null, rmse: null, pct_30: null, pct_5: null, n: 0 };
  const tensors = [0, 1].flatMap((image) => [
    tensor(`in.part.pred${image}`, 'F32', [1, 2, 3], [0, 0, 1, 1, 0, 0]),
    tensor(`in.part.gt${image}`, 'F32', [1, 2, 3], [0, 0, 1, 0, 1, 0]),
    tensor(`in.part.mask${image}`, 'U8', [1, 2], [0, image === 0 ? 1 : 0]),
    tensor(`out.part.angle${image}`, 'F32', [1, 2], [0, image === 0 ? 90 : 0]),
  ]);
  return {
    kind: 'eval.normals',
    description: 'an image of one valid pixel, and one of none',
    tier: 'metrics',
    options: { shares_below: limits },
    tensors,
    data: {
      sets: [{ name: 'part', about: 'one pixel', n_images: 2, expected: { pooled: one, per_image: [one, none] } }],
    },
    tolerances: CLOSE,
    expected: {
      tensors: expectedOf(tensors, 'default'),
      values: ['per_image/*/*', 'pooled/*'].map((part) => ({
        results: `/sets/0/expected/${part}`,
        tolerance: 'default',
      })),
    },
    requirements: ['MET-12'],
    flag: 'metric-empty',
  };
}

/** A pose that is moved by (3, 4, 0), two of whose joints are visible, and one without a visible joint. */
function poses(): OwnVector {
  const truth = [0, 0, 0, 0, 2, 0, 1, 1, 1];
  const moved = truth.map((value, i) => value + [3, 4, 0][i % 3]!);
  const shape = [2, 3, 3];
  const tensors = [
    tensor('in.hidden.gt', 'F32', shape, [...truth, ...truth]),
    tensor('in.hidden.pred', 'F32', shape, [...moved, ...moved]),
    tensor('in.hidden.visible', 'U8', [2, 3], [1, 1, 0, 0, 0, 0]),
    tensor('out.hidden.pa_error', 'F64', [2, 3], [0, 0, 0, 0, 0, 0]),
    tensor('out.hidden.aligned', 'F64', shape, [...truth.slice(0, 6), ...new Array<number>(12).fill(0)]),
  ];
  return {
    kind: 'eval.pose',
    description: 'a pose without a visible joint beside another',
    tier: 'metrics',
    options: { pck_at: ['0.05'] },
    tensors,
    data: {
      sets: [
        {
          ...{ name: 'hidden', about: 'no visible joint', n: 2, joints: 3, unique_rotation: false },
          expected: {
            ...{ mpjpe: [5, null], mpjpe_root: [0, null], n_mpjpe: [0, null], pa_mpjpe: [0, null] },
            ...{ pa_scale: [1, null], mean_mpjpe: 5, mean_mpjpe_root: 0, mean_pa_mpjpe: 0, pck: { 0.05: 100 } },
          },
        },
      ],
    },
    tolerances: CLOSE,
    expected: {
      tensors: expectedOf(tensors, 'default'),
      values: [{ results: '/sets/0/expected/*', tolerance: 'default' }],
    },
    requirements: ['MET-13'],
    flag: 'metric-empty',
  };
}

/** A centre that no pixel is near, and one that has none at first since another is as near. */
function palettes(): OwnVector {
  const colours = [0, 0, 0, 0, 0, 0, 10, 10, 10];
  const labels = colours.map((value) => value / 10);
  const tensors = [
    tensor(
      'in.two',
      'U8',
      [3, 3, 3],
      colours.flatMap((value) => [value, value, value]),
    ),
    tensor('in.two.init3', 'F64', [3, 3], [1, 1, 1, 200, 200, 200, 9, 9, 9]),
    tensor('in.two.init2', 'F64', [2, 3], [5, 5, 5, 5, 5, 5]),
    tensor('out.two.centres3', 'F64', [3, 3], [0, 0, 0, 10, 10, 10, 200, 200, 200]),
    tensor('out.two.labels3', 'U8', [3, 3], labels),
    tensor('out.two.centres2', 'F64', [2, 3], [0, 0, 0, 10, 10, 10]),
    tensor('out.two.labels2', 'U8', [3, 3], labels),
  ];
  const rounded = [0, 10, 200].map((value) => [value, value, value]);
  const set = { image: 'in.two', inertia: 0 };
  return {
    kind: 'image.palette',
    description: 'centres without pixels, at the end or in between',
    tier: 'metrics',
    options: {},
    tensors,
    data: {
      sets: [
        {
          ...{ ...set, about: 'a centre that stays empty', k: 3, init: 'in.two.init3' },
          ...{ sizes: [6, 3, 0], iterations: 2, palette_rounded: rounded },
        },
        {
          ...{ ...set, about: 'a centre that is empty at first', k: 2, init: 'in.two.init2' },
          ...{ sizes: [6, 3], iterations: 3, palette_rounded: rounded.slice(0, 2) },
        },
      ],
    },
    tolerances: CLOSE,
    expected: {
      tensors: expectedOf(tensors, 'default'),
      values: ['inertia', 'sizes', 'iterations', 'palette_rounded'].map((name) => ({
        results: `/sets/*/${name}`,
        ...(name === 'inertia' && { tolerance: 'default' }),
      })),
    },
    requirements: ['MET-24'],
    flag: 'metric-empty',
  };
}
