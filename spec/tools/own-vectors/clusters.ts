import type { NamedTensor } from '../../../src/checkpoints/safetensors-writer.js';
import { f32, results } from './codebook-results.js';
import type { OwnVector } from './write.js';

/** Clusters at their limits. */
export function clusters(): Record<string, OwnVector> {
  return { kmeans_small: kMeansSmall() };
}

/** Whole numbers, so that distances are exact: clusters of one sample and of none, and samples as far from two means. */
const SAMPLES: readonly (readonly [number, number])[] = [
  [0, 0],
  [4, 0],
  [2, 0],
  [0, 0],
  [1, 3],
  [20, 20],
  [6, 1],
  [2, 6],
];
const STARTS = [0, 1, 3, 5];

function kMeansSmall(): OwnVector {
  const tensors: NamedTensor[] = [];
  const clusterings = [1, 2, 3].map((iterations) => {
    const name = `euclid${iterations}`;
    const { means, sizes } = kMeans(iterations);
    tensors.push(
      f32(`in.${name}.samples`, [SAMPLES.length, 2], SAMPLES.flat()),
      { name: `in.${name}.initial_rows`, dtype: 'I32', shape: [STARTS.length], data: Int32Array.from(STARTS) },
      f32(`out.${name}.means`, [STARTS.length, 2], means.flat()),
      { name: `out.${name}.bins`, dtype: 'I32', shape: [STARTS.length], data: Int32Array.from(sizes) },
    );
    return { name, cosine: false, iterations };
  });
  return {
    kind: 'vq.kmeans',
    description: 'k-means of one to three iterations, with ties, a cluster of one sample and one of none',
    tier: 'training',
    options: { clusterings, usages: [] },
    ...results(tensors),
    requirements: ['QNT-13'],
    flag: 'argsort-ties',
  };
}

/** QNT-13. */
function kMeans(iterations: number) {
  const means = STARTS.map((row) => [...SAMPLES[row]!]);
  let sizes: number[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    const nearest = SAMPLES.map(([x, y]) => {
      const distances = means.map(([a, b]) => (x - a!) ** 2 + (y - b!) ** 2);
      return distances.indexOf(Math.min(...distances));
    });
    const members = means.map((_, k) => SAMPLES.filter((_, i) => nearest[i] === k));
    sizes = members.map(({ length }) => length);
    members.forEach((own, k) => {
      if (own.length > 0) means[k] = [0, 1].map((axis) => own.reduce((sum, row) => sum + row[axis]!, 0) / own.length);
    });
  }
  return { means, sizes };
}
