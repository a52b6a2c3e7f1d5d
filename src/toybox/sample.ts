/** A scene as training and evaluation see it: aligned maps, the list of what is visible, boxes and a caption. */
import type { Raster } from '../media/raster.js';
import { Random } from '../random.js';
import { project } from './camera.js';
import { caption, type Describable } from './caption.js';
import { MIN_VISIBLE_SHARE, type Shape } from './constants.js';
import { type RenderedMaps, renderMaps } from './render.js';
import { type Scene, sampleScene } from './scene.js';

/** A box in parts of the picture: 0…1 from the left and from the top. */
export interface Box {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}

/** A visible solid. */
export interface ToyboxObject extends Describable {
  /** Its value in the instance map. */
  readonly instance: number;
  /** The extent of its visible pixels. */
  readonly box: Box;
  /** The part of the picture that its visible pixels fill. */
  readonly share: number;
}

/** A scene drawn and described. */
export interface ToyboxSample extends RenderedMaps {
  readonly seed: number;
  /** The solids that fill at least `MIN_VISIBLE_SHARE` of the picture, by instance id. */
  readonly objects: readonly ToyboxObject[];
  readonly caption: string;
}

/** Options of {@link renderScene}. */
export interface RenderOptions {
  /** Pixels a side, 8…2048. */
  readonly size?: number;
  /** Pixels at edges get the mean colour of this number squared rays, 1…8. */
  readonly supersampling?: number;
}

/**
 * Draws and describes a scene. The caption is the same at every size.
 *
 * @throws InvalidInputError for a size or supersampling out of its limits
 */
export function renderScene(scene: Scene, { size = 64, supersampling = 3 }: RenderOptions = {}): ToyboxSample {
  const maps = renderMaps(scene, size, supersampling);
  return {
    seed: scene.seed,
    ...maps,
    objects: visibleObjects(scene, maps),
    caption: caption(describe(scene), new Random(scene.captionSeed)),
  };
}

/** The sample of a seed: `renderScene(sampleScene(seed), options)`. */
export function toyboxSample(seed: number, options?: RenderOptions): ToyboxSample {
  return renderScene(sampleScene(seed), options);
}

/** An object as a detector would report it. */
export interface ToyboxDetection {
  readonly label: Shape;
  readonly box: Box;
}

/**
 * The boxes of a sample, labelled with shapes, in the order of the published detection strings: by the distance of the
 * upper left corner from the picture's.
 */
export function toyboxDetections(sample: ToyboxSample): ToyboxDetection[] {
  const distance = ({ box }: ToyboxDetection) => box.xmin ** 2 + box.ymin ** 2;
  return sample.objects.map(({ shape, box }) => ({ label: shape, box })).sort((a, b) => distance(a) - distance(b));
}

function describe({ solids, camera }: Scene): Describable[] {
  return solids.map(({ shape, colour, size, material, x, y, z }) => ({
    shape,
    colour,
    size,
    material,
    centre: project(camera, [x, y, z]),
  }));
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

/** How many pixels an instance has, and between which columns and rows (the last ones excluded) they lie. */
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
