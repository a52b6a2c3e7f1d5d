import { expectedOf, type OwnVector, rejected, tensor } from './write.js';

/** Metrics of nothing: no valid pixel, no visible joint, no direction, no spread, no pixel of a colour, nothing to compare with. */
export function metrics(): Record<string, OwnVector> {
  return {
    normals_nothing: normals(),
    pose_nothing: poses(),
    knn_nothing: neighbours(),
    knn_rejected: noNeighbours(),
    retrieval_nothing: retrieval(),
    frechet_nothing: points(),
    frechet_rejected: oneVector(),
    palette_nothing: palettes(),
  };
}

const CLOSE = { default: { form: 'close', rtol: 1e-6, atol: 1e-6 } } as const;

/** An image of one valid pixel, and one without any, which does not count in what is pooled. */
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

const TEMPERATURE = 0.07;

/** A vector of length 0, which is as similar to all, and a class that nobody votes for. */
function neighbours(): OwnVector {
  const far = Math.exp(-1 / TEMPERATURE);
  const tensors = [
    tensor('in.zero.train', 'F32', [3, 2], [1, 0, 0, 1, 1, 0]),
    tensor('in.zero.train_labels', 'I32', [3], [2, 0, 2]),
    tensor('in.zero.test', 'F32', [2, 2], [0, 0, 0, 2]),
    tensor('in.zero.test_labels', 'I32', [2], [0, 1]),
    tensor('out.zero.votes', 'F64', [2, 4], [1 / 3, 0, 2 / 3, 0, 1 / (1 + 2 * far), 0, (2 * far) / (1 + 2 * far), 0]),
    tensor('out.zero.neighbours', 'I32', [2, 3], [0, 1, 2, 0, 1, 2]),
  ];
  const figures = { k: 20, temperature: TEMPERATURE, top1: 0, top5: 50, top5_counting_voteless: 100 };
  return {
    kind: 'eval.knn',
    description: 'a vector of length 0, fewer training vectors than neighbours, and a class without votes',
    tier: 'metrics',
    options: {},
    tensors,
    data: {
      sets: [
        {
          ...{ name: 'zero', about: 'a vector of length 0', classes: 4, n_train: 3, n_test: 2 },
          expected: [{ ...figures, prediction: [2, 0] }],
        },
      ],
    },
    tolerances: CLOSE,
    expected: {
      tensors: expectedOf(tensors, 'default'),
      values: ['top1', 'top5', 'top5_counting_voteless', 'prediction'].map((name) => ({
        results: `/sets/0/expected/0/${name}`,
        ...(name !== 'prediction' && { tolerance: 'default' }),
      })),
    },
    requirements: ['MET-15'],
    flag: 'metric-empty',
  };
}

/** No neighbours are asked for, or there are none. */
function noNeighbours(): OwnVector {
  const sets = [
    { name: 'none_asked', k: 0, train: [1, 0, 0, 1] },
    { name: 'none_there', k: 20, train: [] },
  ].map((set) => ({ ...set, count: set.train.length / 2 }));
  return {
    kind: 'eval.knn',
    description: 'no neighbours, because none are asked for or there are no training vectors',
    tier: 'metrics',
    options: {},
    tensors: sets.flatMap(({ name, train, count }) => [
      tensor(`in.${name}.train`, 'F32', [count, 2], train),
      tensor(
        `in.${name}.train_labels`,
        'I32',
        [count],
        train.slice(count).map(() => 0),
      ),
      tensor(`in.${name}.test`, 'F32', [1, 2], [1, 0]),
      tensor(`in.${name}.test_labels`, 'I32', [1], [0]),
    ]),
    data: {
      sets: sets.map(({ name, k, count }) => ({
        ...{ name, about: 'no neighbours', classes: 2, n_train: count, n_test: 1 },
        expected: [{ k, temperature: TEMPERATURE }],
      })),
    },
    expected: { values: sets.map((_, s) => rejected(`/sets/${s}/expected/0/top1`)) },
    requirements: ['MET-15'],
    flag: 'invalid-accepted',
  };
}

/** Vectors of length 0, which are as similar to all. */
function retrieval(): OwnVector {
  const ranked = (ranks: readonly number[]) => {
    const share = (limit: number) => (100 * ranks.filter((rank) => rank <= limit).length) / ranks.length;
    const mean = (list: readonly number[]) => list.reduce((a, b) => a + b) / list.length;
    return {
      ...{ 'R@1': share(1), 'R@2': share(2), mean_rank: mean(ranks), median_rank: ranks.toSorted()[1] },
      ...{ mrr: mean(ranks.map((rank) => 1 / rank)), ranks },
    };
  };
  const tensors = [
    tensor('in.zero.a', 'F32', [3, 2], [0, 0, 1, 0, 0, 1]),
    tensor('in.zero.b', 'F32', [3, 2], [1, 0, 1, 0, 0, 0]),
    tensor('out.zero.similarity', 'F64', [3, 3], [0, 0, 0, 1, 1, 0, 0, 0, 0]),
  ];
  return {
    kind: 'eval.retrieval',
    description: 'vectors of length 0 among those that are sought and those that are found',
    tier: 'metrics',
    options: { recall_at: [1, 2], similarities_shown: { zero: [3, 3] } },
    tensors,
    data: {
      sets: [
        {
          ...{ name: 'zero', about: 'vectors of length 0', n: 3, ties: true },
          expected: {
            a_to_b: { ...ranked([1, 1, 1]), pessimistic: ranked([3, 2, 3]) },
            b_to_a: { ...ranked([2, 1, 1]), pessimistic: ranked([3, 1, 3]) },
          },
        },
      ],
    },
    tolerances: CLOSE,
    expected: {
      tensors: expectedOf(tensors, 'default'),
      values: ['', 'pessimistic/'].flatMap((rule) =>
        ['ranks', 'R@*', 'mean_rank', 'median_rank', 'mrr'].map((name) => ({
          results: `/sets/0/expected/*/${rule}${name}`,
          ...(name !== 'ranks' && { tolerance: 'default' }),
        })),
      ),
    },
    requirements: ['MET-16'],
    flag: 'metric-empty',
  };
}

/** Sets that have no spread. */
function points(): OwnVector {
  const tensors = [
    tensor('in.points.a', 'F32', [3, 2], [1, 2, 1, 2, 1, 2]),
    tensor('in.points.b', 'F32', [2, 2], [4, 6, 4, 6]),
    tensor('out.points.mean_a', 'F64', [2], [1, 2]),
    tensor('out.points.cov_a', 'F64', [2, 2], [0, 0, 0, 0]),
  ];
  const expected = { frechet: 25, mean_term: 25, trace1: 0, trace2: 0, trace_sqrt: 0 };
  return {
    kind: 'eval.frechet',
    description: 'sets of equal vectors',
    tier: 'metrics',
    options: {},
    tensors,
    data: { sets: [{ name: 'points', about: 'no spread', full_rank: false, tolerance_abs: 1e-6, expected }] },
    tolerances: CLOSE,
    expected: {
      tensors: expectedOf(tensors, 'default'),
      values: Object.keys(expected).map((name) => ({ results: `/sets/0/expected/${name}`, tolerance: 'default' })),
    },
    requirements: ['MET-17'],
    flag: 'metric-empty',
  };
}

/** A set of one vector, which has no covariance. */
function oneVector(): OwnVector {
  return {
    kind: 'eval.frechet',
    description: 'a set of one vector',
    tier: 'metrics',
    options: {},
    tensors: [tensor('in.single.a', 'F32', [1, 2], [1, 2]), tensor('in.single.b', 'F32', [3, 2], [4, 6, 5, 1, 0, 2])],
    data: { sets: [{ name: 'single', about: 'one vector', full_rank: false, tolerance_abs: 1e-6, expected: {} }] },
    expected: { values: [rejected('/sets/0/expected/frechet')] },
    requirements: ['MET-17'],
    flag: 'invalid-accepted',
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
