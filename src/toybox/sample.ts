/** A rendered scene with its annotations: aligned maps, the visible objects and people, boxes and a caption. */
import type { Box } from '../media/box.js';
import type { Raster } from '../media/raster.js';
import { Random } from '../random.js';
import { type Camera, project } from './camera.js';
import { caption, type Describable } from './caption.js';
import { MIN_VISIBLE_SHARE, type ObjectClass } from './constants.js';
import { globalOrientation, type Person } from './person.js';
import { type RenderedMaps, renderMaps } from './render.js';
import { type Scene, type SceneOptions, sampleScene } from './scene.js';

/** A visible solid or person. */
export type ToyboxObject = Describable & {
  /** Its value in the instance map. */
  readonly instance: number;
  /** The extent of its visible pixels. */
  readonly box: Box;
  /** The part of the picture that its visible pixels fill. */
  readonly share: number;
};

/** A visible person, with the parameters that published human poses have (4D-Humans; SMPL). */
export interface ToyboxPerson {
  /** Value in the instance map. */
  readonly instance: number;
  /** The extent of the visible pixels. */
  readonly box: Box;
  /** Rotation matrices of the 23 joints below the pelvis, each against its parent, [23, 3, 3]. */
  readonly bodyPose: Float64Array;
  /** Rotation matrix of the pelvis in camera coordinates (x right, y down, z forward), [3, 3]. */
  readonly globalOrientation: Float64Array;
  /**
   * Scale s and shift (tx, ty) of a weak-perspective camera for the square about the box: in coordinates that run from -1 to 1
   * over the square, the pelvis is at (s tx, s ty), and a metre across the line of sight at its depth is s long.
   */
  readonly camera: Float64Array;
  /** Shape, [10], in standard deviations. */
  readonly shape: Float64Array;
  /** Where the 24 joints are: across and down the picture (0…1), and their z-depth in metres. */
  readonly joints: readonly { readonly x: number; readonly y: number; readonly depth: number }[];
}

/** A rendered scene with its annotations. */
export interface ToyboxSample extends RenderedMaps {
  readonly seed: number;
  readonly scene: Scene;
  /** The objects that fill at least `MIN_VISIBLE_SHARE` of the picture, by instance id. */
  readonly objects: readonly ToyboxObject[];
  /** The people among them. */
  readonly people: readonly ToyboxPerson[];
  readonly caption: string;
}

/** Options of {@link renderScene}. */
export interface RenderOptions {
  /** Pixels a side, 8…2048. */
  readonly size?: number;
  /** Pixels at edges get the mean colour of this number squared rays, 1…8. */
  readonly supersampling?: number;
}

/** Options of {@link toyboxSample}. */
export interface SampleOptions extends RenderOptions, SceneOptions {}

/**
 * Renders and describes a scene. The caption is the same at every size.
 *
 * @throws InvalidInputError for a size or supersampling out of its limits
 */
export function renderScene(scene: Scene, { size = 64, supersampling = 3 }: RenderOptions = {}): ToyboxSample {
  const maps = renderMaps(scene, size, supersampling);
  const objects = visibleObjects(scene, maps);
  return {
    seed: scene.seed,
    scene,
    ...maps,
    objects,
    people: objects.flatMap(({ instance, box }) => {
      const person = scene.people[instance - 1 - scene.solids.length];
      return person ? [visiblePerson(person, scene.camera, instance, box)] : [];
    }),
    caption: caption(describe(scene), new Random(scene.captionSeed)),
  };
}

/** The sample of a seed: `renderScene(sampleScene(seed, options), options)`. */
export function toyboxSample(seed: number, options?: SampleOptions): ToyboxSample {
  return renderScene(sampleScene(seed, options), options);
}

/** An object as a detector would report it. */
export interface ToyboxDetection {
  readonly label: ObjectClass;
  readonly box: Box;
}

/**
 * The boxes of a sample, labelled with classes, in the order of the published detection strings: by the distance of the
 * upper left corner from the picture's.
 */
export function toyboxDetections(sample: ToyboxSample): ToyboxDetection[] {
  const distance = ({ box }: ToyboxDetection) => box.xmin ** 2 + box.ymin ** 2;
  return sample.objects.map(({ shape, box }) => ({ label: shape, box })).sort((a, b) => distance(a) - distance(b));
}

/** Solids first, then people: in the order of the instance ids. */
function describe({ solids, people, camera }: Scene): Describable[] {
  return [
    ...solids.map(({ shape, colour, size, material, x, y, z }) => ({
      shape,
      colour,
      size,
      material,
      centre: project(camera, [x, y, z]),
    })),
    ...people.map(({ colour, action, x, y, z }) => ({
      shape: 'person' as const,
      colour,
      action,
      centre: project(camera, [x, y, z]),
    })),
  ];
}

function visiblePerson(person: Person, camera: Camera, instance: number, box: Box): ToyboxPerson {
  const joints = person.joints.map((joint) => project(camera, joint));
  const pelvis = joints[0]!;
  // Half a side of the square about the box, and a metre at the pelvis' depth, as parts of the picture.
  const half = Math.max(box.xmax - box.xmin, box.ymax - box.ymin) / 2;
  const metre = 0.5 / (pelvis.depth * camera.tangent);
  const scale = metre / half;
  const shift = (at: number, low: number, high: number) => (at - (low + high) / 2) / half / scale;
  return {
    instance,
    box,
    bodyPose: person.bodyPose,
    globalOrientation: globalOrientation(person, camera),
    camera: Float64Array.of(scale, shift(pelvis.x, box.xmin, box.xmax), shift(pelvis.y, box.ymin, box.ymax)),
    shape: person.shape,
    joints,
  };
}

function visibleObjects(scene: Scene, { instance }: RenderedMaps): ToyboxObject[] {
  const { width, height } = instance;
  return describe(scene).flatMap((object, i) => {
    const { pixels, left, top, right, bottom } = extentOf(instance, i + 1);
    const share = pixels / (width * height);
    const box = { xmin: left / width, ymin: top / height, xmax: right / width, ymax: bottom / height };
    return share < MIN_VISIBLE_SHARE ? [] : [{ ...object, instance: i + 1, box, share }];
  });
}

/** Number of pixels of an instance, and its bounding columns and rows (the last ones excluded). */
function extentOf({ width, height, data }: Raster<Uint8Array>, instance: number) {
  let pixels = 0;
  let left = width;
  let top = height;
  let right = 0;
  let bottom = 0;
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      if (data[pixel] !== instance) continue;
      pixels++;
      if (x < left) left = x;
      if (y < top) top = y;
      if (x >= right) right = x + 1;
      bottom = y + 1;
    }
  }
  return { pixels, left, top, right, bottom };
}
