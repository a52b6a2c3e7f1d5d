/** Rotations and errors of poses. */
import { distances, PoseMetric } from '../../../../src/evaluation/poses.js';
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
  type SixNumbers,
  sixToMatrix,
  type Vector,
} from '../../../../src/evaluation/rotations.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { setsOf, within } from './sets.js';

/** `eval.rotation`: rotations from one form to another, and back. */
export function rotations(reference: ConformanceCase, compare: Comparison): void {
  const rows = (name: string, size: number): number[][] => {
    const values = Array.from(reference.data.read(name) as Float64Array);
    return Array.from({ length: values.length / size }, (_, i) => values.slice(size * i, size * (i + 1)));
  };
  const axisAngles = rows('in.axis_angle', 3) as unknown as Vector[];
  const matrices = axisAngles.map(axisAngleToMatrix);
  const expected = rows('out.matrix', 9);
  compare.tensor('out.matrix', matrices.flat(), within(1e-9));
  compareNearPi(reference, compare, axisAngles, expected);

  const noisy = rows('in.d6_noisy', 6);
  for (const layout of ['columns', 'interleaved', 'rows'] as const) {
    compare.tensor(
      `out.d6_${layout}`,
      matrices.flatMap((m) => matrixToSix(m, layout)),
      within(1e-9),
    );
    // The rotation of six numbers does not depend on how they are listed.
    const listed = noisy.map((six) => matrixToSix(embedded(six, layout), layout));
    const read = listed.map((six) => sixToMatrix(six, layout));
    const ours = layout === 'rows' ? read.map(transposed) : read;
    compare.tensor('out.d6_noisy_matrix', ours.flat(), within(1e-9));
    const back = rows(`out.d6_${layout}`, 6).flatMap((six) => sixToMatrix(six, layout));
    compare.numbers(`matrices of out.d6_${layout}`, back, expected.flat(), within(1e-9));
  }
  const fromSix = noisy.flatMap((six) => matrixToAxisAngle(sixToMatrix(six, 'columns')));
  compare.tensor('out.d6_noisy_axis_angle', fromSix, within(1e-6));
  const euler = matrices.slice(0, reference.shape('out.euler_xyz')[0]).flatMap(matrixToEuler);
  compare.tensor('out.euler_xyz', euler, within(1e-6));
  compare.tensor('out.noisy_nearest', rows('in.noisy_matrix', 9).flatMap(nearestRotation), within(1e-9));
  const pairs = Array.from({ length: reference.shape('out.geodesic')[0]! }, (_, i) => i);
  compare.tensor(
    'out.geodesic',
    pairs.map((i) => geodesicDistance(matrices[i]!, matrices[i + 40]!)),
    within(1e-6),
  );
}

/** A half turn has two opposite axes: there, quaternions and axis-angles are compared up to their sign. */
function compareNearPi(reference: ConformanceCase, compare: Comparison, given: Vector[], matrices: Matrix3[]): void {
  const nearPi = given.map((axisAngle) => (Math.abs(Math.hypot(...axisAngle) - Math.PI) < 5e-6 ? 1 : 0));
  compare.tensor('out.near_pi', nearPi);
  const quaternions = reference.data.read('out.quaternion') as Float64Array;
  const computed = given.flatMap((axisAngle, i) => {
    const ours = axisAngleToQuaternion(axisAngle);
    return nearPi[i] && dot(ours, [...quaternions.subarray(4 * i, 4 * i + 4)]) < 0 ? ours.map((part) => -part) : ours;
  });
  compare.tensor('out.quaternion', computed, within(1e-6));
  const forms = {
    'axis and angle of out.matrix': matrices.map(matrixToAxisAngle),
    'axis and angle of its quaternion': matrices.map((m) => quaternionToAxisAngle(matrixToQuaternion(m))),
    'axis and angle of out.quaternion': given.map((_, i) =>
      quaternionToAxisAngle(
        Array.from(quaternions.subarray(4 * i, 4 * i + 4)) as unknown as [number, number, number, number],
      ),
    ),
  };
  for (const [name, ours] of Object.entries(forms)) {
    for (const isNearPi of [0, 1]) {
      const chosen = [...given.keys()].filter((i) => nearPi[i] === isNearPi);
      const actual = chosen.flatMap((i) => (isNearPi ? facing(ours[i]!, shortest(given[i]!)) : ours[i]!));
      const wanted = chosen.flatMap((i) => shortest(given[i]!));
      compare.numbers(`${name}${isNearPi ? ' near π' : ''}`, actual, wanted, within(isNearPi ? 1e-5 : 1e-6));
    }
  }
}

/** The same rotation by at most π. */
function shortest(axisAngle: Vector): Vector {
  const angle = Math.hypot(...axisAngle);
  const turns = Math.round(angle / (2 * Math.PI));
  const scale = turns === 0 ? 1 : (angle - 2 * Math.PI * turns) / angle;
  return [axisAngle[0] * scale, axisAngle[1] * scale, axisAngle[2] * scale];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function facing(v: Vector, other: Vector): Vector {
  return dot(v, other) < 0 ? [-v[0], -v[1], -v[2]] : v;
}

/** A matrix with two given columns; for the layout of rows, with two given rows. */
function embedded(six: readonly number[], layout: SixNumbers): Matrix3 {
  const [a, b] = [six.slice(0, 3), six.slice(3)];
  return layout === 'rows' ? [...a, ...b, 0, 0, 0] : a.flatMap((value, i) => [value, b[i]!, 0]);
}

function transposed(m: Matrix3): Matrix3 {
  return m.map((_, i) => m[3 * (i % 3) + Math.floor(i / 3)]!);
}

interface PoseSet {
  readonly name: string;
  readonly n: number;
  readonly joints: number;
  readonly expected: {
    readonly [error in (typeof ERRORS)[number][0]]: (number | null)[];
  } & {
    readonly pa_scale: (number | null)[];
    readonly mean_mpjpe: number | null;
    readonly mean_mpjpe_root: number | null;
    readonly mean_pa_mpjpe: number | null;
    readonly pck: Readonly<Record<string, number>> | null;
  };
}

const ERRORS = [
  ['mpjpe', 'mpjpe'],
  ['mpjpe_root', 'rootMpjpe'],
  ['n_mpjpe', 'scaledMpjpe'],
  ['pa_mpjpe', 'paMpjpe'],
] as const;

/** Sets whose errors are next to nothing, or in millimetres, have tolerances of their own. */
const TOLERANCES: Readonly<Record<string, number>> = { exact_similarity: 1e-6, two_joints: 1e-6, millimetres: 1e-4 };

/** `eval.pose`: distances of joints, raw and after three alignments. */
export function poseMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name, n, joints, expected } of setsOf<PoseSet>(reference)) {
    const tolerance = { rtol: 1e-6, atol: TOLERANCES[name] ?? 1e-7 };
    const floats = (what: string, i: number) =>
      (reference.data.read(`in.${name}.${what}`) as Float32Array).subarray(3 * joints * i, 3 * joints * (i + 1));
    const flags = reference.data.tensors.has(`in.${name}.visible`) ? reference.bytes(`in.${name}.visible`) : undefined;
    const metric = new PoseMetric();
    const poses = Array.from({ length: n }, (_, i) => {
      const visible = flags?.subarray(joints * i, joints * (i + 1));
      const errors = metric.add(floats('pred', i), floats('gt', i), visible)!;
      const used = Array.from({ length: joints }, (_, j) => j).filter((j) => !visible || visible[j]);
      const own = distances(errors.similarity.aligned, floats('gt', i), used);
      const jointErrors = new Float64Array(joints);
      used.forEach((j, k) => {
        jointErrors[j] = own[k]!;
      });
      const aligned = errors.similarity.aligned.map((value, at) => (used.includes(Math.floor(at / 3)) ? value : 0));
      return { errors, jointErrors, aligned };
    });
    for (const [theirs, ours] of ERRORS) {
      compare.numbers(
        `${name}.${theirs}`,
        poses.map(({ errors }) => errors[ours]),
        expected[theirs] as number[],
        tolerance,
      );
    }
    const scales = Object.fromEntries(poses.map(({ errors }, i) => [i, errors.similarity.scale]));
    const wantedScales = Object.fromEntries(expected.pa_scale.map((scale, i) => [i, scale]));
    compare.figures(`${name}.pa_scale`, scales, wantedScales, tolerance);
    const { mpjpe, rootMpjpe, paMpjpe } = metric.result();
    const means = { mean_mpjpe: mpjpe, mean_mpjpe_root: rootMpjpe, mean_pa_mpjpe: paMpjpe };
    const { mean_mpjpe, mean_mpjpe_root, mean_pa_mpjpe } = expected;
    compare.figures(name, means, { mean_mpjpe, mean_mpjpe_root, mean_pa_mpjpe }, tolerance);
    // Left out of the case where errors are next to a limit.
    for (const [limit, percent] of Object.entries(expected.pck ?? {})) {
      compare.numbers(`${name}.pck ${limit}`, [100 * metric.shareBelow(Number(limit))], [percent], within(1e-9));
    }
    const outputs = {
      pa_error: poses.flatMap(({ jointErrors }) => [...jointErrors]),
      aligned: poses.flatMap(({ aligned }) => [...aligned]),
      pa_rotation: poses.flatMap(({ errors }) => [...errors.similarity.rotation]),
    };
    for (const [output, values] of Object.entries(outputs)) {
      if (compare.expects(`out.${name}.${output}`)) compare.tensor(`out.${name}.${output}`, values, tolerance);
    }
  }
}
