/** Annotations of a sample as people draw them. */
import { classPalette } from '../../media/colormap.js';
import { blank, type Colour, drawLine, drawText, fillRectangle, scaleNearest, textSize } from '../../media/draw.js';
import type { Raster, RgbImage } from '../../media/raster.js';
import { METADATA_RULES, type Metadata } from '../../modalities/text/metadata.js';
import type { ToyboxSample } from '../sample.js';
import { JOINT_PARENTS, JOINTS } from '../skeleton.js';

/** Edges in white on black. */
export function drawEdges({ width, height, data }: Raster<Uint8Array>): RgbImage {
  return {
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)]!),
  };
}

/** How much of an instance's colour covers the picture inside its outline. */
const TINT = 0.45;

/** The visible objects over the picture, each in a colour of its own with an outline; pixels enlarged to `scale` × `scale`. */
export function drawInstances({ rgb, instance, objects }: ToyboxSample, scale: number): RgbImage {
  const image = scaleNearest(rgb, scale);
  const { width, height, data: ids } = scaleNearest(instance, scale);
  const palette = classPalette(objects.length);
  const colours = new Map(objects.map((object, i) => [object.instance, palette[i]!]));
  ids.forEach((id, p) => {
    const colour = colours.get(id);
    if (colour === undefined) return;
    const [x, y] = [p % width, Math.floor(p / width)];
    const isOutline = [-2, -1, 1, 2].some(
      (step) =>
        (x + step >= 0 && x + step < width && ids[p + step] !== id) ||
        (y + step >= 0 && y + step < height && ids[p + step * width] !== id),
    );
    const share = isOutline ? 1 : TINT;
    colour.forEach((value, c) => {
      image.data[3 * p + c] = Math.round(share * value + (1 - share) * image.data[3 * p + c]!);
    });
  });
  return image;
}

const LEFT: Colour = [64, 224, 208];
const RIGHT: Colour = [255, 140, 0];
const MIDDLE: Colour = [255, 255, 255];
const RIM: Colour = [20, 22, 28];

/** Skeletons over an enlarged picture: bones of the left side in turquoise, of the right side in orange, others in white. */
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

/** Pixels a side of a drawn table, and from one row to the next. */
const TABLE = 256;
const ROW = 13;
const PANEL: Colour = [255, 255, 255];
const STRIPE: Colour = [240, 242, 245];
const INK: Colour = [33, 37, 43];

/** Metadata as a table: names on the left, values on the right. */
export function drawMetadata(metadata: Metadata): RgbImage {
  const image = blank(TABLE, TABLE, PANEL);
  for (const [row, [key, value]] of Object.entries(metadata).entries()) {
    const y = 4 + row * ROW;
    if (row % 2 === 0) fillRectangle(image, 0, y - 3, TABLE, ROW, STRIPE);
    const { kind } = METADATA_RULES[key as keyof Metadata];
    const text = kind === 'pixels' || kind === 'count' ? `${value}` : value.toPrecision(3);
    drawText(image, key, 8, y, INK);
    drawText(image, text, TABLE - 8 - textSize(text).width, y, INK);
  }
  return image;
}
