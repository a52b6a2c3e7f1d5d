import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SegmentationMetric } from '../../src/evaluation/segmentation.js';
import { MeanPredictor, MostFrequentPredictor, unitVectors } from '../../src/evaluation/trivial.js';

const PIXELS = 6;
const mapOf = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: PIXELS, maxLength: PIXELS });
const mapsOf = <T>(value: fc.Arbitrary<T>) => fc.array(mapOf(value), { minLength: 1, maxLength: 8 });

function meanOf(maps: readonly (readonly number[])[]) {
  const predictor = new MeanPredictor();
  for (const map of maps) predictor.add(map);
  return predictor.result();
}

function mostFrequentOf(maps: readonly (readonly number[])[], classes: number) {
  const predictor = new MostFrequentPredictor(classes);
  for (const map of maps) predictor.add(map);
  return predictor.result();
}

describe('mean of the training maps', () => {
  test('is the mean at each value', () => {
    expect([
      ...meanOf([
        [1, 2, 3],
        [3, 2, 7],
      ]),
    ]).toEqual([2, 2, 5]);
  });

  test('no other constant map has a smaller squared error', () => {
    const values = fc.integer({ min: -50, max: 50 });
    fc.assert(
      fc.property(mapsOf(values), mapOf(values), (maps, other) => {
        const error = (guess: ArrayLike<number>) =>
          maps.reduce((sum, map) => sum + map.reduce((s, value, i) => s + (value - guess[i]!) ** 2, 0), 0);
        expect(error(meanOf(maps))).toBeLessThanOrEqual(error(other) + 1e-3);
      }),
    );
  });

  test('rejects NaN, another size, and no samples', () => {
    const predictor = new MeanPredictor();
    expect(() => predictor.result()).toThrow('MeanPredictor has no samples');
    predictor.add([1, 2]);
    expect(() => predictor.add([1])).toThrow('all maps must have the size of the first, 2 values, but one has 1');
    expect(() => predictor.add([1, Number.NaN])).toThrow('must be a finite number, not NaN');
  });
});

describe('most frequent class of the training maps', () => {
  test('is the majority at each pixel, of equals the first', () => {
    expect([
      ...mostFrequentOf(
        [
          [0, 2, 2],
          [0, 1, 2],
          [1, 1, 0],
          [2, 2, 0],
        ],
        3,
      ),
    ]).toEqual([0, 1, 0]);
  });

  test('no other constant map is right more often', () => {
    const classes = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(mapsOf(classes), mapOf(classes), (maps, other) => {
        const accuracy = (guess: ArrayLike<number>) => {
          const metric = new SegmentationMetric(4);
          for (const map of maps) metric.add(guess, map);
          return metric.result().pixelAccuracy;
        };
        expect(accuracy(mostFrequentOf(maps, 4))).toBeGreaterThanOrEqual(accuracy(other));
      }),
    );
  });

  test('rejects unknown classes, another size, and no samples', () => {
    const predictor = new MostFrequentPredictor(2);
    expect(() => predictor.result()).toThrow('MostFrequentPredictor has no samples');
    predictor.add([0, 1]);
    expect(() => predictor.add([0, 2])).toThrow('a class id must be a whole number from 0 to 1, not 2');
    expect(() => predictor.add([0])).toThrow('all maps must have the size of the first');
  });
});

test('unit vectors keep their direction; zero stays', () => {
  expect([...unitVectors(Float32Array.of(0, 0, 2, 3, 0, -4, 0, 0, 0))]).toEqual(
    [0, 0, 1, 0.6, 0, -0.8, 0, 0, 0].map(Math.fround),
  );
});
