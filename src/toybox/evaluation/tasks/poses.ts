import * as v from 'valibot';
import type { GivenPose, Input } from '../../../api/types/inputs.js';
import type { PredictedPose } from '../../../api/types/results.js';
import { InvalidInputError } from '../../../errors.js';
import { boxIou, boxOfCorners } from '../../../evaluation/box-matching.js';
import { PoseMetric } from '../../../evaluation/poses.js';
import { MeanPredictor } from '../../../evaluation/trivial.js';
import { type Box, boxInCrop, type PictureSize } from '../../../modalities/boxes.js';
import { drawSkeletons } from '../../../modalities/people/draw-skeletons.js';
import { posedJoints, projectedJoints } from '../../../modalities/people/posed-joints.js';
import { BODY_POSE_LENGTH } from '../../../modalities/people/skeleton.js';
import { poseOf } from '../../annotations/poses.js';
import { MAX_PEOPLE } from '../../constants.js';
import type { ToyboxPerson } from '../../sample.js';
import type { Task } from '../task.js';

/** A person as poses are compared. */
export interface PersonValue {
  readonly box: Box;
  /** SMPL's 24 joints in camera coordinates relative to the pelvis, metres, [24, 3]. */
  readonly joints: ArrayLike<number>;
  /** The person as an input of a model; of true people alone. */
  readonly given?: Extract<GivenPose, { readonly bodyPose: unknown }>;
  /** The joints in the picture, 0…1 from the left and the top; absent of a mean pose. */
  readonly drawn?: readonly { readonly x: number; readonly y: number }[];
}

/** Least overlap of a match. */
const FOUND = 0.5;
const MILLIMETRES = 1000;

/**
 * 3-D poses of people: the distance of their joints from the true ones. Each true person is matched with the predicted person whose
 * box overlaps most and who is not matched yet; unmatched people count as not found, and have no error.
 */
export const poseTask: Task<'human_poses', readonly PersonValue[]> = {
  name: 'human_poses',
  target: 'human_poses',
  truths: async (samples) => samples.map(({ people }) => people.map(trueValue)),
  fromInput: (input, picture) => squarePeople(peopleIn(input), picture),
  input: (truth) => truth.flatMap(({ given }) => given ?? []),
  valueOf: ({ values }) => values.flatMap(predictedValue),
  metric() {
    const metric = new PoseMetric();
    let [pairs, found, people] = [0, 0, 0];
    return {
      add(predicted, truth) {
        people += truth.length;
        for (const [person, guess, overlap] of pairsOf(truth, predicted)) {
          metric.add(guess.joints, person.joints);
          pairs++;
          if (overlap >= FOUND) found++;
        }
      },
      figures() {
        const scores = pairs > 0 ? metric.result() : undefined;
        return [
          { metric: 'PA-MPJPE (mm)', better: 'lower', value: scores ? MILLIMETRES * scores.paMpjpe : null },
          { metric: 'MPJPE (mm)', better: 'lower', value: scores ? MILLIMETRES * scores.rootMpjpe : null },
          { metric: 'people found', better: 'higher', value: people > 0 ? found / people : null },
        ];
      },
    };
  },
  trivial() {
    const [joints, boxes] = [new MeanPredictor(), new MeanPredictor()];
    let people = 0;
    return {
      learn(truth) {
        people += truth.length;
        for (const person of truth) {
          const { xmin, ymin, xmax, ymax } = person.box;
          joints.add(person.joints);
          boxes.add([xmin, ymin, xmax, ymax]);
        }
      },
      // The mean pose in the mean box, as often as there can be people, so that every true person has a match.
      predict() {
        if (people === 0) return [];
        const [xmin, ymin, xmax, ymax] = Array.from(boxes.result()) as [number, number, number, number];
        const person = { box: { xmin, ymin, xmax, ymax }, joints: joints.result() };
        return Array.from({ length: MAX_PEOPLE }, () => person);
      },
    };
  },
  draw: (value, rgb) => {
    const people = value.flatMap(({ drawn }) => (drawn ? [{ joints: drawn }] : []));
    return people.length === 0 ? 'nobody' : drawSkeletons(rgb, people, 4);
  },
};

/** Parameters of a person in a picture. */
type PersonInPicture = Pick<ToyboxPerson, 'box' | 'bodyPose' | 'globalOrientation' | 'camera' | 'shape'>;

const side = v.pipe(v.number(), v.finite());
const values = (length: number) =>
  v.pipe(
    v.array(v.pipe(v.number(), v.finite())),
    v.length(length),
    v.transform((list) => Float64Array.from(list)),
  );
const schema = v.array(
  v.object({
    box: v.object({ xmin: side, ymin: side, xmax: side, ymax: side }),
    bodyPose: values(BODY_POSE_LENGTH),
    globalOrientation: values(9),
    camera: values(3),
    shape: values(10),
  }),
);

/** People as `fourm toybox` writes them: boxes as fractions of the picture's width and height. */
function peopleIn(input: Input): PersonInPicture[] {
  const { success, output, issues } = v.safeParse(schema, input);
  if (success) return output;
  throw new InvalidInputError(`people, "${v.getDotPath(issues[0]) ?? ''}": ${issues[0].message}`);
}

/**
 * People in the centred square of a picture. Those who are not completely inside are left out, because their camera is relative
 * to the square about their box, which the crop changes.
 */
function squarePeople(people: readonly PersonInPicture[], picture: PictureSize): PersonValue[] {
  const { width, height } = picture;
  const length = Math.min(width, height);
  const crop = { left: (width - length) / 2, top: (height - length) / 2, width: length, height: length };
  return people.flatMap((person) => {
    const box = boxInCrop(person.box, crop, picture);
    const isInside = [box.xmin, box.ymin, box.xmax, box.ymax].every((x) => x >= 0 && x <= 1);
    return isInside ? [trueValue({ ...person, box })] : [];
  });
}

/** @param person of the toybox, with its joints in the picture, or of a user */
function trueValue(person: PersonInPicture & Partial<Pick<ToyboxPerson, 'joints'>>): PersonValue {
  const { box, bodyPose } = person;
  const drawn = person.joints ?? projectedJoints(person);
  const { poseTokens, ...rounded } = poseOf(person, []);
  const given = { ...rounded, bodyPose: Float32Array.from(bodyPose) };
  return { box, joints: Float64Array.from(posedJoints(person).flat()), drawn, given };
}

/** Undefined for a person without a decoded pose. */
function predictedValue({ box, bodyPose, joints: drawn, ...parameters }: PredictedPose): PersonValue[] {
  if (bodyPose === undefined) return [];
  const joints = Float64Array.from(posedJoints({ bodyPose, ...parameters }).flat());
  return [{ box, joints, ...(drawn && { drawn }) }];
}

/** Pairs of true and predicted people with the overlap of their boxes, the largest overlaps first. */
function pairsOf(
  truth: readonly PersonValue[],
  predicted: readonly PersonValue[],
): [person: PersonValue, guess: PersonValue, overlap: number][] {
  const all = truth.flatMap((person) =>
    predicted.map((guess) => {
      return [person, guess, boxIou(boxOfCorners(person.box), boxOfCorners(guess.box))] as const;
    }),
  );
  all.sort((a, b) => b[2] - a[2]);
  const [used, pairs] = [new Set<PersonValue>(), [] as [PersonValue, PersonValue, number][]];
  const taken = new Set<number>();
  for (const [person, guess, overlap] of all) {
    const match = predicted.findIndex((other, i) => other === guess && !taken.has(i));
    if (used.has(person) || match < 0) continue;
    used.add(person);
    taken.add(match);
    pairs.push([person, guess, overlap]);
  }
  return pairs;
}
