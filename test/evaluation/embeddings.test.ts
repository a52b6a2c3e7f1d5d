import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { cosineSimilarities, type Embeddings } from '../../src/evaluation/embeddings.js';
import { fitGaussian, frechetDistance } from '../../src/evaluation/frechet.js';
import { classifyByNeighbours, topAccuracy } from '../../src/evaluation/nearest-neighbours.js';
import { recallAt, retrieve } from '../../src/evaluation/retrieval.js';
import { decompose } from '../../src/evaluation/svd.js';

const rows = (width: number, ...values: number[]): Embeddings => ({ values, width });
const value = fc.integer({ min: -8, max: 8 }).map((x) => x / 2);
const vectors = (width: number, minCount: number) =>
  fc
    .integer({ min: minCount, max: 8 })
    .chain((count) =>
      fc
        .array(value, { minLength: count * width, maxLength: count * width })
        .map((values): Embeddings => ({ values, width })),
    );

describe('nearest neighbours', () => {
  const train = rows(2, 1, 0, 1, 0.1, 0, 1);
  test('vote by similarity', () => {
    const [votes] = classifyByNeighbours(train, [1, 1, 0], 3, rows(2, 2, 0), { k: 3 });
    expect(votes!.neighbours).toEqual([0, 1, 2]);
    expect(votes!.ranking).toEqual([1, 0]);
    expect(votes!.shares[2]).toBe(0);
    expect(topAccuracy([votes!], [2], 5)).toBe(0);
    expect(topAccuracy([votes!], [0], 2)).toBe(1);
  });

  test('shares add up to 1 at any temperature', () => {
    const temperature = fc.constantFrom(1e-3, 0.07, 10);
    fc.assert(
      fc.property(vectors(2, 1), vectors(2, 1), temperature, (known, test, t) => {
        const labels = Array.from({ length: known.values.length / 2 }, (_, i) => i % 3);
        for (const { shares, neighbours } of classifyByNeighbours(known, labels, 3, test, { k: 4, temperature: t })) {
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
          expect(neighbours).toHaveLength(Math.min(4, labels.length));
        }
      }),
    );
  });

  test.each([
    ['no training vectors', () => classifyByNeighbours(rows(2), [], 2, train)],
    ['too few labels', () => classifyByNeighbours(train, [0], 2, train)],
    ['a label out of range', () => classifyByNeighbours(train, [0, 1, 2], 2, train)],
    ['k of 0', () => classifyByNeighbours(train, [0, 1, 1], 2, train, { k: 0 })],
    ['temperature of 0', () => classifyByNeighbours(train, [0, 1, 1], 2, train, { temperature: 0 })],
    ['other widths', () => cosineSimilarities(train, rows(3, 1, 2, 3))],
    ['half a vector', () => cosineSimilarities(train, rows(2, 1, 2, 3))],
    ['NaN', () => cosineSimilarities(train, rows(2, 1, Number.NaN))],
    ['no votes', () => topAccuracy([], [], 1)],
  ])('refuses %s', (_, run) => expect(run).toThrow(InvalidInputError));
});

describe('retrieval', () => {
  test('every vector is its own nearest', () => {
    const same = rows(2, 1, 0, 0, 1, -1, 0);
    const scores = retrieve(same, same);
    expect(scores).toEqual({ ranks: [1, 1, 1], meanRank: 1, medianRank: 1, meanReciprocalRank: 1 });
    expect(recallAt(1, scores)).toBe(1);
  });

  test('duplicates tie', () => {
    const twins = rows(2, 1, 1, 1, 1);
    expect(retrieve(twins, twins).ranks).toEqual([1, 1]);
    expect(retrieve(twins, twins, 'pessimistic').ranks).toEqual([2, 2]);
  });

  test('pessimistic ranks are no better, and recall grows with k', () => {
    const pairs = fc.integer({ min: 1, max: 6 }).chain((n) => {
      const side = fc.array(value, { minLength: 3 * n, maxLength: 3 * n }).map((values) => rows(3, ...values));
      return fc.tuple(side, side);
    });
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 5 }), ([a, b], k) => {
        const scores = retrieve(a, b);
        retrieve(a, b, 'pessimistic').ranks.forEach((rank, i) => {
          expect(rank).toBeGreaterThanOrEqual(scores.ranks[i]!);
        });
        expect(recallAt(k + 1, scores)).toBeGreaterThanOrEqual(recallAt(k, scores));
      }),
    );
  });

  test('needs pairs', () => {
    expect(() => retrieve(rows(2), rows(2))).toThrow(InvalidInputError);
    expect(() => retrieve(rows(2, 1, 2), rows(2, 1, 2, 3, 4))).toThrow(InvalidInputError);
  });
});

describe('Fréchet distance', () => {
  test('of sets of one variance is that of their means, squared', () => {
    const [a, b] = [rows(1, 0, 2), rows(1, 3, 5)].map(fitGaussian);
    expect(frechetDistance(a!, b!).distance).toBeCloseTo(9, 12);
  });

  test('is 0 for equal sets, symmetric and not negative', () => {
    fc.assert(
      fc.property(vectors(3, 2), vectors(3, 2), (first, second) => {
        const [a, b] = [fitGaussian(first), fitGaussian(second)];
        expect(frechetDistance(a, a).distance).toBeCloseTo(0, 6);
        expect(frechetDistance(a, b).distance).toBeCloseTo(frechetDistance(b, a).distance, 6);
        expect(frechetDistance(a, b).distance).toBeGreaterThan(-1e-6);
      }),
    );
  });

  test('needs two vectors and one width', () => {
    expect(() => fitGaussian(rows(2, 1, 2))).toThrow(InvalidInputError);
    const [a, b] = [fitGaussian(rows(1, 1, 2)), fitGaussian(rows(2, 1, 2, 3, 4))];
    expect(() => frechetDistance(a, b)).toThrow(InvalidInputError);
  });
});

test('a matrix is the product of its decomposition', () => {
  const sides = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 }));
  const matrices = sides.chain(([r, c]) =>
    fc.tuple(fc.constant(r), fc.constant(c), fc.array(value, { minLength: r * c, maxLength: r * c })),
  );
  fc.assert(
    fc.property(matrices, ([r, c, matrix]) => {
      const { values, left, right } = decompose(matrix, r, c);
      matrix.forEach((element, i) => {
        const [row, column] = [Math.floor(i / c), i % c];
        const product = values.reduce((sum, s, k) => sum + s * left[k]![row]! * right[k]![column]!, 0);
        expect(product).toBeCloseTo(element, 9);
      });
      expect([...values].sort((a, b) => b - a)).toEqual(values);
    }),
  );
});
