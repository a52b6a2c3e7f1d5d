import { type Colour, drawLine, scaleNearest } from '../../media/draw.js';
import type { RgbImage } from '../../media/raster.js';
import { JOINT_PARENTS, JOINTS } from './skeleton.js';

const LEFT: Colour = [64, 224, 208];
const RIGHT: Colour = [255, 140, 0];
const MIDDLE: Colour = [255, 255, 255];
const RIM: Colour = [20, 22, 28];

/**
 * Skeletons over an enlarged picture: bones of the left side in turquoise, of the right side in orange, others in white.
 *
 * @param people with the 24 joints of SMPL in its order, 0…1 from the left and the top of the picture
 * @param scale  pixels a side of a pixel of the picture
 */
export function drawSkeletons(
  rgb: RgbImage,
  people: readonly { readonly joints: readonly { readonly x: number; readonly y: number }[] }[],
  scale: number,
): RgbImage {
  const image = scaleNearest(rgb, scale);
  const thickness = Math.max(2, image.width / 100);
  for (const { joints } of people) {
    const at = (joint: number) => [joints[joint]!.x * image.width, joints[joint]!.y * image.height] as const;
    const bones = JOINTS.flatMap((name, joint) => {
      const parent = JOINT_PARENTS[joint]!;
      const colour = name.startsWith('left') ? LEFT : name.startsWith('right') ? RIGHT : MIDDLE;
      return parent < 0 ? [] : [{ from: at(parent), to: at(joint), colour }];
    });
    for (const { from, to } of bones) drawLine(image, from, to, RIM, thickness + 2);
    for (const { from, to, colour } of bones) drawLine(image, from, to, colour, thickness);
    for (const joint of JOINTS.keys()) drawLine(image, at(joint), at(joint), RIM, thickness + 1);
  }
  return image;
}
