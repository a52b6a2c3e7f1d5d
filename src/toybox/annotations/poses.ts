/** The string of a sample's people. */

import type { Box } from '../../media/box.js';
import { type HumanPose, humanPosesToText } from '../../modalities/text/human-poses.js';
import type { ToyboxPerson, ToyboxSample } from '../sample.js';

/** Levels of the numbers in a pose string, evenly over the range of each kind; a level is one of its 1000 words. */
export const POSE_LEVELS = 64;
/** The largest number of a camera: word 255 of 999. */
const MAX_CAMERA = 255 / 49.95 - 1;

/**
 * A person with the rounded numbers of its string. Box, orientation and shape are rounded to {@link POSE_LEVELS} levels of their
 * published ranges (-1…1, -3…3), so that a small vocabulary suffices. The camera keeps the 1000 levels of its published range
 * of -1…19, of which few are used.
 *
 * @param poseTokens ids of the body pose
 */
export function poseOf(
  person: Pick<ToyboxPerson, 'box' | 'globalOrientation' | 'camera' | 'shape'>,
  poseTokens: ArrayLike<number>,
): HumanPose {
  const { box, globalOrientation, camera, shape } = person;
  const side = (x: number) => rounded(x, 0, 1);
  const roundedBox: Box = { xmin: side(box.xmin), ymin: side(box.ymin), xmax: side(box.xmax), ymax: side(box.ymax) };
  return {
    box: roundedBox,
    poseTokens,
    globalOrientation: Array.from(globalOrientation, (x) => rounded(x, -1, 1)),
    camera: Array.from(camera, (x) => Math.min(x, MAX_CAMERA)),
    shape: Array.from(shape, (x) => rounded(x, -3, 3)),
  };
}

/**
 * The string of a sample's people (`human_poses`), in the order of their boxes; the components in the published order, which
 * is random in the official training data.
 *
 * @param tokens ids of the body pose of each person, in the order of `sample.people`
 */
export function poseText({ people }: Pick<ToyboxSample, 'people'>, tokens: readonly ArrayLike<number>[]): string {
  const distance = ({ box }: HumanPose) => box.xmin ** 2 + box.ymin ** 2;
  const poses = people.map((person, i) => poseOf(person, tokens[i]!)).sort((a, b) => distance(a) - distance(b));
  return humanPosesToText(poses).trimEnd();
}

function rounded(x: number, low: number, high: number): number {
  const share = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return low + (Math.round(share * (POSE_LEVELS - 1)) / (POSE_LEVELS - 1)) * (high - low);
}
