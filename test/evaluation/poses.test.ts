import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { alignBySimilarity } from '../../src/evaluation/pose-alignment.js';
import { PoseMetric } from '../../src/evaluation/poses.js';
import { axisAngleToMatrix, rotate, type Vector } from '../../src/evaluation/rotations.js';

const coordinate = fc.integer({ min: -20, max: 20 }).map((x) => x / 4);
const pose = fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: 1, maxLength: 9 });
const angles = fc.tuple(coordinate, coordinate, coordinate);
const flat = (points: readonly (readonly number[])[]) => points.flat();

test('a pose shifted by one unit has an error of one, and none when aligned', () => {
  const metric = new PoseMetric();
  const errors = metric.add([1, 0, 0, 2, 0, 0, 1, 3, 0], [0, 0, 0, 1, 0, 0, 0, 3, 0])!;
  expect(errors.mpjpe).toBe(1);
  expect(errors.rootMpjpe).toBe(0);
  expect(errors.paMpjpe).toBeCloseTo(0, 12);
  expect(errors.similarity.scale).toBeCloseTo(1, 12);
  expect(metric.shareBelow(0.1)).toBe(1);
});

test('a mirrored pose is not mirrored back', () => {
  const corner = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
  const { aligned } = alignBySimilarity(
    corner.map((value, i) => (i % 3 === 0 ? -value : value)),
    corner,
  );
  expect(Math.hypot(...aligned.map((value, i) => value - corner[i]!))).toBeGreaterThan(0.5);
});

describe('alignment', () => {
  test('undoes any rotation, scale and shift', () => {
    fc.assert(
      fc.property(pose, angles, fc.integer({ min: 1, max: 9 }), angles, (points, turn, scale, shift) => {
        const matrix = axisAngleToMatrix(turn);
        const moved = points.map(
          (point) => rotate(matrix, point).map((x, c) => scale * x + shift[c]!) as unknown as Vector,
        );
        const errors = new PoseMetric().add(flat(moved), flat(points))!;
        expect(errors.paMpjpe).toBeLessThan(1e-6);
        expect(errors.paMpjpe).toBeLessThanOrEqual(errors.mpjpe + 1e-9);
      }),
    );
  });

  test('a set of equal points is aligned by translation alone', () => {
    const { scale, aligned } = alignBySimilarity([1, 1, 1, 1, 1, 1], [0, 0, 0, 2, 4, 6]);
    expect(scale).toBeNull();
    expect([...aligned]).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test('hidden joints do not matter', () => {
    fc.assert(
      fc.property(pose, angles, (points, elsewhere) => {
        const visible = [...points.map(() => 1), 0];
        const with_ = new PoseMetric().add(flat([...points, elsewhere]), flat([...points, [9, 9, 9]]), visible)!;
        expect(with_.mpjpe).toBe(0);
        expect(with_.paMpjpe).toBeLessThan(1e-6);
      }),
    );
  });
});

test('without visible joints the result is an error', () => {
  const metric = new PoseMetric();
  expect(metric.add([0, 0, 0], [0, 0, 0], [0])).toBeUndefined();
  expect(() => metric.result()).toThrow(InvalidInputError);
  expect(() => metric.add([0, 0], [0, 0])).toThrow(InvalidInputError);
  expect(() => metric.add([0, 0, Number.NaN], [0, 0, 0])).toThrow(InvalidInputError);
  expect(() => new PoseMetric(3).add([0, 0, 0], [0, 0, 0])).toThrow(InvalidInputError);
});
