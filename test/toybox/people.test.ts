import { describe, expect, it } from 'vitest';
import { applied, IDENTITY, product } from '../../src/modalities/people/rotations.js';
import { buildOf, posture } from '../../src/modalities/people/skeleton.js';
import { Random } from '../../src/random.js';
import {
  ACTIONS,
  BODY_POSE_LENGTH,
  JOINT_PARENTS,
  JOINTS,
  posedJoints,
  projectedJoints,
  renderScene,
  SEMSEG_CLASSES,
  SHAPE_LENGTH,
  sampleScene,
} from '../../src/toybox/index.js';
import { drawPose } from '../../src/toybox/poses.js';

const SCENES = Array.from({ length: 120 }, (_, i) => sampleScene(7000 + i)).filter(({ people }) => people.length > 0);

/** Whether a 3×3 matrix is a rotation. */
function expectRotation(m: ArrayLike<number>): void {
  const rows = Array.from(m);
  const transposed = rows.map((_, i) => rows[3 * (i % 3) + Math.floor(i / 3)]!);
  product(rows, transposed).forEach((value, i) => {
    expect(value).toBeCloseTo(IDENTITY[i]!, 9);
  });
  const [a, b, c, d, e, f, g, h, i] = rows as [number, number, number, number, number, number, number, number, number];
  expect(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)).toBeCloseTo(1, 9);
}

describe('people', () => {
  it('stand, sit or lie on the floor', () => {
    for (const person of SCENES.flatMap(({ people }) => people)) {
      const heights = person.joints.map(([, y]) => y);
      expect(Math.min(...heights)).toBeGreaterThan(0);
      expect(Math.min(...heights)).toBeLessThan(0.25);
      for (const { middle, bound } of person.parts) {
        const [x, y, z] = [middle[0] - person.x, middle[1] - person.y, middle[2] - person.z];
        expect(Math.hypot(x, y, z) + bound).toBeLessThanOrEqual(person.bound + 1e-9);
        expect(Math.hypot(x, z) + bound).toBeLessThanOrEqual(person.reach + 1e-9);
      }
    }
  });

  it('have poses, orientations and shapes of the published sizes and ranges', () => {
    for (const scene of SCENES) {
      for (const { bodyPose, globalOrientation, camera, shape } of renderScene(scene, { size: 16 }).people) {
        expect(bodyPose).toHaveLength(207);
        expect(BODY_POSE_LENGTH).toBe(207);
        for (let joint = 0; joint < 23; joint++) expectRotation(bodyPose.subarray(9 * joint, 9 * joint + 9));
        expectRotation(globalOrientation);
        expect(shape).toHaveLength(SHAPE_LENGTH);
        for (const value of shape) expect(Math.abs(value)).toBeLessThanOrEqual(3);
        expect(camera).toHaveLength(3);
        for (const value of camera) expect(value).toBeGreaterThan(-1);
        expect(Math.max(...camera)).toBeLessThan(4);
      }
    }
  });

  it('equal the projected joints of their own parameters', () => {
    for (const scene of SCENES) {
      for (const person of renderScene(scene, { size: 64 }).people) {
        const { box, camera, joints } = person;
        const positions = posedJoints(person);
        const projected = projectedJoints(person);
        const depth = joints[0]!.depth;
        const [scale, tx, ty] = camera as unknown as [number, number, number];
        const half = Math.max(box.xmax - box.xmin, box.ymax - box.ymin) / 2;
        positions.forEach(([x, y, z], i) => {
          expect(joints[i]!.depth).toBeCloseTo(depth + z, 9);
          expect(Math.hypot(projected[i]!.x - joints[i]!.x, projected[i]!.y - joints[i]!.y)).toBeLessThan(0.1);
          if (i === 0)
            expect(projected[0]).toEqual({ x: expect.closeTo(joints[0]!.x, 9), y: expect.closeTo(joints[0]!.y, 9) });
          // Perspective makes what is nearer larger: the weak-perspective camera has the scale of the pelvis.
          const nearer = depth / (depth + z);
          const middle = [(box.xmin + box.xmax) / 2, (box.ymin + box.ymax) / 2] as const;
          const pelvis = [middle[0] + half * scale * tx, middle[1] + half * scale * ty] as const;
          // Off the middle of the picture the line of sight is oblique, so the pelvis' offset from it scales too.
          expect(joints[i]!.x).toBeCloseTo(0.5 + nearer * (pelvis[0] - 0.5 + half * scale * x), 9);
          expect(joints[i]!.y).toBeCloseTo(0.5 + nearer * (pelvis[1] - 0.5 + half * scale * y), 9);
        });
      }
    }
  });

  it('cover their joints, wherever nothing nearer does', () => {
    const size = 128;
    const person = SEMSEG_CLASSES.indexOf('person');
    let hidden = 0;
    let all = 0;
    for (const scene of SCENES) {
      const sample = renderScene(scene, { size, supersampling: 1 });
      for (const { instance, joints } of sample.people) {
        for (const { x, y, depth } of joints) {
          if (x < 0 || x >= 1 || y < 0 || y >= 1) continue;
          const pixel = Math.floor(y * size) * size + Math.floor(x * size);
          all++;
          // A joint is inside the body, so whatever is seen there is nearer: the person, or what hides it.
          expect(sample.depth.data[pixel]).toBeLessThan(depth + 0.02);
          if (sample.instance.data[pixel] === instance) expect(sample.semseg.data[pixel]).toBe(person);
          else hidden++;
        }
      }
    }
    expect(all).toBeGreaterThan(500);
    expect(hidden / all).toBeLessThan(0.12);
  });
});

describe('the skeleton', () => {
  it('has the tree of SMPL: every joint after its parent, and left like right', () => {
    expect(JOINTS).toHaveLength(24);
    expect(JOINT_PARENTS[0]).toBe(-1);
    JOINT_PARENTS.slice(1).forEach((parent, i) => {
      expect(parent).toBeLessThan(i + 1);
    });
    for (const [i, joint] of JOINTS.entries()) {
      const parent = JOINTS[JOINT_PARENTS[i]!];
      const mirrored =
        JOINTS[JOINT_PARENTS[JOINTS.indexOf(joint.replace('left', 'right') as (typeof JOINTS)[number])]!];
      expect(mirrored).toBe(parent?.replace('left', 'right'));
    }
  });

  it('keeps the lengths of its bones in every pose', () => {
    const build = buildOf([0.5, 0, -1]);
    const lengths = (positions: readonly (readonly number[])[]) =>
      positions.slice(1).map((position, i) => {
        const parent = positions[JOINT_PARENTS[i + 1]!]!;
        return Math.hypot(...position.map((value, c) => value - parent[c]!));
      });
    const rest = lengths(posture({}, build, IDENTITY).positions);
    for (const [seed, action] of ACTIONS.entries()) {
      const { rotations, tilt } = drawPose(action, new Random(seed));
      lengths(posture(rotations, build, tilt).positions).forEach((length, i) => {
        expect(length).toBeCloseTo(rest[i]!, 9);
      });
    }
  });

  it('stands upright at rest, with the left hand on the left', () => {
    const { positions } = posture({}, buildOf(new Float64Array(10)), IDENTITY);
    const at = (joint: (typeof JOINTS)[number]) => positions[JOINTS.indexOf(joint)]!;
    expect(at('head')[1]).toBeGreaterThan(at('neck')[1]);
    expect(at('left_hand')[0]).toBeGreaterThan(0.5);
    expect(at('left_foot')[2]).toBeGreaterThan(at('left_ankle')[2]);
    expect(applied(IDENTITY, [1, 2, 3])).toEqual([1, 2, 3]);
  });
});
