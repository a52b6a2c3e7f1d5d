import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  axisAngleToMatrix,
  axisAngleToQuaternion,
  geodesicDistance,
  type Matrix3,
  matrixToAxisAngle,
  matrixToEuler,
  matrixToQuaternion,
  matrixToSix,
  nearestRotation,
  quaternionToAxisAngle,
  quaternionToMatrix,
  rotate,
  type SixNumbers,
  sixToMatrix,
  type Vector,
} from '../../src/evaluation/rotations.js';

const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const part = fc.double({ min: -1, max: 1, noNaN: true });
/** Axis-angles of less than half a turn. */
const axisAngle = fc.tuple(part, part, part).map(([x, y, z]): Vector => [1.7 * x, 1.7 * y, 1.7 * z]);
const layout = fc.constantFrom<SixNumbers>('columns', 'interleaved', 'rows');

function expectNear(actual: readonly number[], expected: readonly number[], digits = 9): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, digits);
  });
}

function determinant([a, b, c, d, e, f, g, h, i]: Matrix3): number {
  return a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!);
}

test('a quarter turn about z turns x to y', () => {
  const matrix = axisAngleToMatrix([0, 0, Math.PI / 2]);
  expectNear(rotate(matrix, [1, 0, 0]), [0, 1, 0]);
  expectNear(axisAngleToQuaternion([0, 0, Math.PI / 2]), [Math.SQRT1_2, 0, 0, Math.SQRT1_2]);
  expectNear(matrixToEuler(matrix), [0, 0, Math.PI / 2]);
  expectNear(matrixToSix(matrix, 'interleaved'), [0, -1, 1, 0, 0, 0]);
});

test('no rotation', () => {
  expect(axisAngleToMatrix([0, 0, 0])).toEqual(IDENTITY);
  expect(matrixToAxisAngle(IDENTITY)).toEqual([0, 0, 0]);
});

test.each([Math.PI / 2, -Math.PI / 2])('at a pitch of %d, the angle about z is 0', (pitch) => {
  const matrix = axisAngleToMatrix([0, pitch, 0]);
  const [, y, z] = matrixToEuler(matrix);
  expectNear([y, z], [pitch, 0]);
});

describe('there and back', () => {
  test('through matrices, quaternions and six numbers', () => {
    fc.assert(
      fc.property(axisAngle, layout, (v, how) => {
        const matrix = axisAngleToMatrix(v);
        expectNear(matrixToAxisAngle(matrix), v);
        expectNear(quaternionToAxisAngle(axisAngleToQuaternion(v)), v);
        expectNear(quaternionToMatrix(matrixToQuaternion(matrix)), matrix);
        expectNear(sixToMatrix(matrixToSix(matrix, how), how), matrix);
        expectNear(nearestRotation(matrix), matrix);
        expect(geodesicDistance(IDENTITY, matrix)).toBeCloseTo(Math.hypot(...v), 7);
      }),
    );
  });

  test('by angles about three axes', () => {
    fc.assert(
      fc.property(axisAngle, (v) => {
        const [x, y, z] = matrixToEuler(axisAngleToMatrix(v));
        const [rx, ry, rz] = [axisAngleToMatrix([x, 0, 0]), axisAngleToMatrix([0, y, 0]), axisAngleToMatrix([0, 0, z])];
        const columns = (
          [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ] as const
        ).map((axis) => rotate(rz, rotate(ry, rotate(rx, axis))));
        expectNear(
          axisAngleToMatrix(v),
          Array.from({ length: 9 }, (_, i) => columns[i % 3]![Math.floor(i / 3)]!),
          6,
        );
      }),
    );
  });
});

test('the nearest rotation of any matrix is a rotation, and no other is nearer', () => {
  const matrices = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 9, maxLength: 9 });
  fc.assert(
    fc.property(matrices, axisAngle, (matrix, other) => {
      const nearest = nearestRotation(matrix);
      expect(determinant(nearest)).toBeCloseTo(1, 9);
      const distance = (m: Matrix3) => Math.hypot(...m.map((value, i) => value - matrix[i]!));
      expect(distance(nearest)).toBeLessThanOrEqual(distance(axisAngleToMatrix(other)) + 1e-9);
    }),
  );
});
