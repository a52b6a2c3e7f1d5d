/** Instances: masks inside boxes, as the published mask tokenizer reads them, and the string that lists them. */
import type { Box } from '../../media/box.js';
import type { Raster } from '../../media/raster.js';
import { crop, resize } from '../../media/resize.js';
import { type Point, type SamInstance, samInstancesAtPointsToText } from '../../modalities/text/sam-instances.js';
import { Random } from '../../random.js';
import type { ToyboxSample } from '../sample.js';

/** Pixels a side of a mask. */
export const MASK_SIZE = 64;
/** Pixels a side of the square that the coordinates in an instance string refer to; 224 officially. */
export const INSTANCE_GRID = 64;

/** A visible object's mask. */
export interface ToyboxInstance {
  /** Value in the instance map. */
  readonly instance: number;
  /** The extent of the visible pixels. */
  readonly box: Box;
  /** The box stretched to 64 × 64: 1 where the object is, 0 elsewhere. */
  readonly mask: Raster<Float32Array>;
  /** A random point of the object, in the pixels of {@link INSTANCE_GRID}. */
  readonly point: Point;
}

/** The instances of a sample, in the order of its boxes (`toyboxDetections`). */
export function toyboxInstances(sample: ToyboxSample): ToyboxInstance[] {
  const random = new Random(sample.scene.captionSeed ^ POINTS);
  return [...sample.objects]
    .sort((a, b) => a.box.xmin ** 2 + a.box.ymin ** 2 - (b.box.xmin ** 2 + b.box.ymin ** 2))
    .map(({ instance, box }) => ({
      instance,
      box,
      mask: instanceMask(sample.instance, instance, box),
      point: randomPoint(sample.instance, instance, random),
    }));
}

/**
 * The string of a sample's instances (`sam_instance`): every object at a random point inside it, in the order of the boxes,
 * and one random point without an object. (Officially the points and their order are random.)
 *
 * @param tokens 16 ids of the mask of each instance, in the order of {@link toyboxInstances}
 */
export function instanceText(
  sample: ToyboxSample,
  instances: readonly ToyboxInstance[],
  tokens: readonly ArrayLike<number>[],
): string {
  const listed = instances.map((instance, i): SamInstance => ({ ...inGrid(instance), tokens: tokens[i]! }));
  return withRoom(sample, samInstancesAtPointsToText(listed));
}

/** Box and point of an instance as its string has them: in pixels of a picture of {@link INSTANCE_GRID}. */
export function inGrid({ box, point }: ToyboxInstance): Pick<SamInstance, 'box' | 'point'> {
  const { xmin, ymin, xmax, ymax } = box;
  const scaled = [xmin, ymin, xmax, ymax].map((side) => Math.round(INSTANCE_GRID * side));
  const [left, top, right, bottom] = scaled as [number, number, number, number];
  return { box: { xmin: left, ymin: top, xmax: right, ymax: bottom }, point };
}

/** The string of the instances, and a point of the room after them. */
export function withRoom(sample: Pick<ToyboxSample, 'instance' | 'scene'>, instances: string): string {
  const room = randomPoint(sample.instance, 0, new Random(sample.scene.captionSeed ^ ROOM));
  return `${instances} point v0=${room.y} v1=${room.x} none`.trimStart();
}

/** Seeds of the points differ from that of the caption by these bits. */
const POINTS = 0x5a5a5a;
const ROOM = 0xa5a5a5;

/** Enlarged masks get smooth outlines, as officially, where they are polygons. */
function instanceMask(map: Raster<Uint8Array>, instance: number, box: Box): Raster<Float32Array> {
  const { width, height } = map;
  const white = { ...map, data: map.data.map((id) => (id === instance ? 255 : 0)) };
  const [x, y] = [Math.round(box.xmin * width), Math.round(box.ymin * height)];
  const cut = crop(white, x, y, Math.round(box.xmax * width) - x, Math.round(box.ymax * height) - y);
  const stretched = resize(cut, MASK_SIZE, MASK_SIZE, 'bilinear');
  return { ...stretched, data: Float32Array.from(stretched.data, (value) => (value >= 128 ? 1 : 0)) };
}

/** A random pixel of an instance, as a pixel of the grid. */
function randomPoint({ width, height, data }: Raster<Uint8Array>, instance: number, random: Random): Point {
  const count = data.reduce((sum, id) => sum + Number(id === instance), 0);
  let left = random.integer(0, Math.max(0, count - 1));
  const pixel = data.findIndex((id) => id === instance && left-- === 0);
  const cell = (at: number, side: number) => Math.floor((INSTANCE_GRID * (at + 0.5)) / side);
  return { x: cell(pixel % width, width), y: cell(Math.floor(pixel / width), height) };
}
