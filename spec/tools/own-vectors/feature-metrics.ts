import { expectedOf, type OwnVector, rejected, tensor } from './write.js';

/** Metrics of vectors without direction or spread, and of nothing to compare with. */
export function featureMetrics(): Record<string, OwnVector> {
  return {
    knn_nothing: neighbours(),
    knn_rejected: noNeighbours(),
    retrieval_nothing: retrieval(),
    frechet_nothing: points(),
    frechet_rejected: oneVector(),
  };
}

const CLOSE = { default: { form: 'close', rtol: 1e-6, atol: 1e-6 } } as const;

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
    description: 'a zero vector, fewer training vectors than neighbours, and a class without votes',
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
    description: 'k = 0, and no training vectors',
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
    description: 'zero vectors among the queries and the gallery',
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
