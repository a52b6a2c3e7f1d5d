import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  dragJoint,
  type EditedPerson,
  editedPerson,
  inPosture,
  jointsOf,
  newPerson,
  poseValue,
  turnAround,
  turnBone,
} from '../../../playground/src/editors/people.js';
import { peopleToText, textToPeople } from '../../../playground/src/editors/people-text.js';
import { matrixOf, transposed, vectorOf } from '../../../playground/src/editors/rotation-vectors.js';
import { projectedJoints } from '../../../src/modalities/people/posed-joints.js';
import { IDENTITY, product } from '../../../src/modalities/people/rotations.js';
import { JOINT_PARENTS, JOINTS } from '../../../src/modalities/people/skeleton.js';
import { ACTIONS } from '../../../src/toybox/poses.js';
import { toyboxSample } from '../../../src/toybox/sample.js';

const angle = fc.integer({ min: -180, max: 180 });
const fraction = fc.double({ noNaN: true, min: 0.05, max: 0.95 });
const people = fc
  .record({
    x: fraction,
    y: fraction,
    metre: fraction,
    action: fc.constantFrom(...ACTIONS),
    seed: fc.nat(),
    around: angle,
  })
  .map(({ action, seed, around, ...place }) =>
    turnAround(inPosture({ ...newPerson(), ...place }, action, seed), around),
  );

/** The largest difference of two lists of numbers. */
function difference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
}

const flat = (person: EditedPerson) => jointsOf(person).flatMap(({ x, y }) => [x, y]);

test('a rotation vector has its matrix, and a matrix its vector', () => {
  fc.assert(
    fc.property(fc.tuple(angle, angle, angle), (vector) => {
      const matrix = matrixOf(vector);
      expect(difference(product(matrix, transposed(matrix)), IDENTITY)).toBeLessThan(1e-9);
      expect(difference(matrixOf(vectorOf(matrix)), matrix)).toBeLessThan(1e-6);
      expect(Math.hypot(...vectorOf(matrix))).toBeLessThan(180 + 1e-9);
    }),
  );
  // Half a turn about any axis, and nearly so.
  for (const degrees of [179.9, 179.99999, 180]) {
    for (const axis of [
      [1, 0, 0],
      [0, -0.6, 0.8],
      [-0.48, 0.6, 0.64],
    ] as const) {
      const matrix = matrixOf([degrees * axis[0], degrees * axis[1], degrees * axis[2]]);
      expect(difference(matrixOf(vectorOf(matrix)), matrix)).toBeLessThan(1e-6);
    }
  }
  expect(matrixOf([0, 0, 90])).toEqual([0, -1, 0, 1, 0, 0, 0, 0, 1].map((x) => expect.closeTo(x, 12)));
});

test('the text of people is theirs, to a degree and a thousandth of the picture', () => {
  fc.assert(
    fc.property(fc.array(people, { maxLength: 3 }), (all) => {
      const text = peopleToText(all);
      const read = textToPeople(text);
      expect(read).toHaveLength(all.length);
      for (const [i, person] of read.entries()) {
        expect(difference(flat(person), flat(all[i]!))).toBeLessThan(0.06);
        const [again] = textToPeople(peopleToText([person]));
        expect(difference(flat(again!), flat(person))).toBeLessThan(0.01);
      }
    }),
  );
});

test('what is no person is left out of a text', () => {
  expect(textToPeople('')).toEqual([]);
  expect(textToPeople('nobody|0.5,0.5,9;0,0,0|0.5,,0.3;0,0,0|2,0.5,0.3;0,0,0')).toEqual([]);
  const [person] = textToPeople('0.5,0.5,0.3;0,0,0;pelvis:180,0,0;tail:1,2,3;left_knee:x,0,0');
  expect(person!.rotations).toEqual({});
});

test('a dragged joint lies in the direction that it is dragged to, and its bone keeps its length', () => {
  fc.assert(
    fc.property(people, fc.integer({ min: 1, max: 23 }), fraction, fraction, (person, joint, x, y) => {
      const parent = JOINT_PARENTS[joint]!;
      const [from, to] = [jointsOf(person)[parent]!, jointsOf(person)[joint]!];
      const length = Math.hypot(to.x - from.x, to.y - from.y);
      fc.pre(length > 1e-3 && Math.hypot(x - from.x, y - from.y) > 1e-3);
      const dragged = jointsOf(dragJoint(person, joint, { x, y }));
      const bone = [dragged[joint]!.x - from.x, dragged[joint]!.y - from.y] as const;
      expect(difference([dragged[parent]!.x, dragged[parent]!.y], [from.x, from.y])).toBeLessThan(1e-9);
      expect(Math.hypot(...bone)).toBeCloseTo(length, 9);
      const wanted = Math.atan2(y - from.y, x - from.x);
      expect(Math.cos(Math.atan2(bone[1], bone[0]) - wanted)).toBeCloseTo(1, 9);
    }),
  );
});

test('a dragged pelvis takes the person along, within the picture', () => {
  const person = newPerson();
  const moved = dragJoint(person, 0, { x: 0.7, y: 1.4 });
  expect([moved.x, moved.y]).toEqual([0.7, 1]);
  expect(moved.rotations).toBe(person.rotations);
});

test('rotating the pelvis rotates the whole person; any other joint leaves the rest unchanged', () => {
  const person = newPerson();
  expect(turnBone(person, JOINTS.indexOf('spine1'), 90).rotations).toBe(person.rotations);
  const [before, after] = [jointsOf(person), jointsOf(turnBone(person, JOINTS.indexOf('left_wrist'), 40))];
  JOINTS.forEach((joint, i) => {
    if (joint === 'left_wrist' || joint === 'left_hand') expect(after[i]).not.toEqual(before[i]);
    else expect(difference([after[i]!.x, after[i]!.y], [before[i]!.x, before[i]!.y])).toBeLessThan(1e-12);
  });
});

test('a model gets the joints that are drawn', () => {
  fc.assert(
    fc.property(people, (person) => {
      const value = poseValue(person);
      expect(value.bodyPose).toHaveLength(207);
      expect(value.box.xmin).toBeLessThan(value.box.xmax);
      expect(value.box.ymin).toBeLessThan(value.box.ymax);
      const projected = projectedJoints(value).flatMap(({ x, y }) => [x, y]);
      expect(difference(projected, flat(person))).toBeLessThan(2e-3);
    }),
  );
});

test('the people of a scene stand where the scene has them', () => {
  const sample = Array.from({ length: 20 }, (_, seed) => toyboxSample(seed)).find(({ people }) => people.length > 0)!;
  for (const person of sample.people) {
    const edited = editedPerson(person);
    const pelvis = jointsOf(edited)[0]!;
    expect(pelvis).toEqual({ x: expect.closeTo(person.joints[0]!.x, 9), y: expect.closeTo(person.joints[0]!.y, 9) });
    // A weak perspective is exact at the depth of the pelvis.
    const joints = person.joints.flatMap(({ x, y }) => [x, y]);
    expect(difference(flat(edited), joints)).toBeLessThan(0.1);
    const value = poseValue(edited);
    expect(difference([...value.bodyPose], Array.from(person.bodyPose))).toBeLessThan(1e-4);
    expect(difference([...value.shape], Array.from(person.shape))).toBeLessThan(1e-4);
  }
});
