/** Rotations and errors of poses. */
import { distances, type PoseErrors, PoseMetric } from '../../../../src/evaluation/poses.js';
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
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { setsOf } from './sets.js';

/** `eval.rotation`: conversions between representations of rotations. */
export function rotations(task: Inputs, out: Outputs): void {
  const rows = (name: string, size: number): number[][] => {
    const values = Array.from(task.doubles(name));
    return Array.from({ length: values.length / size }, (_, i) => values.slice(size * i, size * (i + 1)));
  };
  const give = (name: string, list: readonly (readonly number[])[], shape: readonly number[]) =>
    out.tensor(name, list.flat(), [list.length, ...shape]);
  const axisAngles = rows('in.axis_angle', 3) as unknown as Vector[];
  const matrices = axisAngles.map(axisAngleToMatrix);
  give('out.matrix', matrices, [3, 3]);
  give('out.quaternion', axisAngles.map(axisAngleToQuaternion), [4]);
  const nearPi = axisAngles.map((axisAngle) => (Math.abs(Math.hypot(...axisAngle) - Math.PI) < 5e-6 ? 1 : 0));
  out.tensor('out.near_pi', nearPi, [nearPi.length]);
  const quaternions = rows('in.quaternion', 4) as unknown as [number, number, number, number][];
  give('axis_angle_of_matrix', matrices.map(matrixToAxisAngle), [3]);
  give(
    'axis_angle_of_matrix_by_quaternion',
    matrices.map((m) => quaternionToAxisAngle(matrixToQuaternion(m))),
    [3],
  );
  give('axis_angle_of_quaternion', quaternions.map(quaternionToAxisAngle), [3]);

  const noisy = rows('in.d6_noisy', 6);
  for (const layout of ['columns', 'interleaved', 'rows'] as const) {
    give(
      `out.d6_${layout}`,
      matrices.map((m) => matrixToSix(m, layout)),
      [6],
    );
    // The rotation does not depend on the order of the six numbers.
    const listed = noisy.map((six) => matrixToSix(embedded(six, layout), layout));
    const read = listed.map((six) => sixToMatrix(six, layout));
    give(`d6_noisy_matrix_${layout}`, layout === 'rows' ? read.map(transposed) : read, [3, 3]);
    give(
      `matrix_of_d6_${layout}`,
      rows(`in.d6_${layout}`, 6).map((six) => sixToMatrix(six, layout)),
      [3, 3],
    );
  }
  give(
    'out.d6_noisy_matrix',
    noisy.map((six) => sixToMatrix(six, 'columns')),
    [3, 3],
  );
  give(
    'out.d6_noisy_axis_angle',
    noisy.map((six) => matrixToAxisAngle(sixToMatrix(six, 'columns'))),
    [3],
  );
  const { euler_count, geodesic_count, geodesic_offset } = task.options as Record<string, number>;
  give('out.euler_xyz', matrices.slice(0, euler_count).map(matrixToEuler), [3]);
  give('out.noisy_nearest', rows('in.noisy_matrix', 9).map(nearestRotation), [3, 3]);
  const pairs = Array.from({ length: geodesic_count! }, (_, i) => i);
  const distances = pairs.map((i) => geodesicDistance(matrices[i]!, matrices[i + geodesic_offset!]!));
  out.tensor('out.geodesic', distances, [distances.length]);
}

/** A matrix with two given columns, or with two given rows in the row layout. */
function embedded(six: readonly number[], layout: SixNumbers): Matrix3 {
  const [a, b] = [six.slice(0, 3), six.slice(3)];
  return layout === 'rows' ? [...a, ...b, 0, 0, 0] : a.flatMap((value, i) => [value, b[i]!, 0]);
}

function transposed(m: Matrix3): Matrix3 {
  return m.map((_, i) => m[3 * (i % 3) + Math.floor(i / 3)]!);
}

/** In place of the rotation of a pose that has none. */
const UNTURNED = [1, 0, 0, 0, 1, 0, 0, 0, 1];

interface PoseSet {
  readonly name: string;
  readonly n: number;
  readonly joints: number;
}

/** `eval.pose`: distances of joints, raw and after three alignments. */
export function poseMetrics(task: Inputs, out: Outputs): void {
  const limits = task.options.pck_at as string[];
  setsOf<PoseSet>(task).forEach(({ name, n, joints }, s) => {
    const floats = (what: string, i: number) =>
      task.floats(`in.${name}.${what}`).subarray(3 * joints * i, 3 * joints * (i + 1));
    const flags = task.has(`in.${name}.visible`) ? task.bytes(`in.${name}.visible`) : undefined;
    const metric = new PoseMetric();
    const poses = Array.from({ length: n }, (_, i) => {
      const visible = flags?.subarray(joints * i, joints * (i + 1));
      const errors = metric.add(floats('pred', i), floats('gt', i), visible);
      const jointErrors = new Float64Array(joints);
      if (!errors) return { jointErrors, aligned: new Float64Array(3 * joints) };
      const used = Array.from({ length: joints }, (_, j) => j).filter((j) => !visible || visible[j]);
      const own = distances(errors.similarity.aligned, floats('gt', i), used);
      used.forEach((j, k) => {
        jointErrors[j] = own[k]!;
      });
      const aligned = errors.similarity.aligned.map((value, at) => (used.includes(Math.floor(at / 3)) ? value : 0));
      return { errors, jointErrors, aligned };
    });
    const each = (figure: (errors: PoseErrors) => number | null) =>
      poses.map(({ errors }) => (errors ? figure(errors) : null));
    const { mpjpe, rootMpjpe, paMpjpe } = metric.result();
    out.value(`/sets/${s}/expected`, {
      mpjpe: each((errors) => errors.mpjpe),
      mpjpe_root: each((errors) => errors.rootMpjpe),
      n_mpjpe: each((errors) => errors.scaledMpjpe),
      pa_mpjpe: each((errors) => errors.paMpjpe),
      pa_scale: each((errors) => errors.similarity.scale),
      mean_mpjpe: mpjpe,
      mean_mpjpe_root: rootMpjpe,
      mean_pa_mpjpe: paMpjpe,
      pck: Object.fromEntries(limits.map((limit) => [limit, 100 * metric.shareBelow(Number(limit))])),
    });
    out.tensor(
      `out.${name}.pa_error`,
      poses.flatMap(({ jointErrors }) => [...jointErrors]),
      [n, joints],
    );
    out.tensor(
      `out.${name}.aligned`,
      poses.flatMap(({ aligned }) => [...aligned]),
      [n, joints, 3],
    );
    out.tensor(
      `out.${name}.pa_rotation`,
      poses.flatMap(({ errors }) => (errors ? [...errors.similarity.rotation] : UNTURNED)),
      [n, 3, 3],
    );
  });
}
