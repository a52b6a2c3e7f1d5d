/** Renders a scene: colours, z-depth, normals, classes and instances of every pixel, by casting rays. */
import type { Raster } from '../media/raster.js';
import type { Cover } from './body-parts.js';
import { SEMSEG_CLASSES } from './constants.js';
import { requireWhole } from './limits.js';
import { intersectPerson, personSurface } from './person.js';
import type { Scene } from './scene.js';
import { FLOOR, inShadow, SURFACE_LENGTH, shade, WALL } from './shading.js';
import { intersect, surfaceNormal } from './shapes.js';

/** The maps of a scene, aligned pixel by pixel. */
export interface RenderedMaps {
  /** Anti-aliased sRGB, 3 channels. */
  readonly rgb: Raster<Uint8Array>;
  /** Metres along the camera's viewing axis, exact at the pixel's centre. */
  readonly depth: Raster<Float32Array>;
  /** Unit vectors in camera space: x right, y up, z towards the camera; exact at the pixel's centre. */
  readonly normal: Raster<Float32Array>;
  /** Index into `SEMSEG_CLASSES`. */
  readonly semseg: Raster<Uint8Array>;
  /** 0 where there is no object, i + 1 for object i of the scene, solids first. */
  readonly instance: Raster<Uint8Array>;
}

/** The smallest and largest picture, in pixels a side. */
const SIZE_LIMITS = [8, 2048] as const;
/** The most samples a side of a pixel. */
const MAX_SUPERSAMPLING = 8;

/** Results of the last `cast`: the surface point (see {@link SURFACE_LENGTH}), its z-depth, object index, shadow and material. */
const surface = new Float64Array(SURFACE_LENGTH);
const ray = new Float64Array(6);
const hit: { depth: number; object: number; shaded: boolean; cover: Cover | undefined } = {
  depth: 0,
  object: 0,
  shaded: false,
  cover: undefined,
};

/**
 * Renders the maps of a scene.
 *
 * @param size           pixels a side, 8…2048
 * @param supersampling  pixels at edges of objects, faces and shadows get the mean of this number squared samples, 1…8
 * @throws InvalidInputError for a size or supersampling outside these limits
 */
export function renderMaps(scene: Scene, size: number, supersampling: number): RenderedMaps {
  requireWhole('size', size, ...SIZE_LIMITS);
  requireWhole('supersampling', supersampling, 1, MAX_SUPERSAMPLING);
  const maps = {
    rgb: raster(size, 3, new Uint8Array(size * size * 3)),
    depth: raster(size, 1, new Float32Array(size * size)),
    normal: raster(size, 3, new Float32Array(size * size * 3)),
    semseg: raster(size, 1, new Uint8Array(size * size)),
    instance: raster(size, 1, new Uint8Array(size * size)),
  };
  /** Edges also run between light and shadow, and between the materials of a person. */
  const looks = new Uint8Array(size * size);
  castCentres(scene, maps, looks);
  if (supersampling > 1) smoothEdges(scene, maps, looks, supersampling);
  return maps;
}

/** One ray through the middle of every pixel. */
function castCentres(scene: Scene, maps: RenderedMaps, looks: Uint8Array): void {
  const size = maps.rgb.width;
  const { right, up, forward } = scene.camera;
  const classes = [
    ...scene.solids.map(({ shape }) => SEMSEG_CLASSES.indexOf(shape)),
    ...scene.people.map(() => SEMSEG_CLASSES.indexOf('person')),
  ];
  for (let j = 0, pixel = 0; j < size; j++) {
    for (let i = 0; i < size; i++, pixel++) {
      cast(scene, (2 * (i + 0.5)) / size - 1, 1 - (2 * (j + 0.5)) / size);
      const x = surface[3]!;
      const y = surface[4]!;
      const z = surface[5]!;
      maps.depth.data[pixel] = hit.depth;
      maps.normal.data[3 * pixel] = x * right[0] + y * right[1] + z * right[2];
      maps.normal.data[3 * pixel + 1] = x * up[0] + y * up[1] + z * up[2];
      maps.normal.data[3 * pixel + 2] = -(x * forward[0] + y * forward[1] + z * forward[2]);
      maps.instance.data[pixel] = Math.max(0, hit.object + 1);
      maps.semseg.data[pixel] = hit.object >= 0 ? classes[hit.object]! : hit.object === FLOOR ? 0 : 1;
      looks[pixel] = 2 * COVERS.indexOf(hit.cover) + (hit.shaded ? 1 : 0);
      for (let c = 0; c < 3; c++) maps.rgb.data[3 * pixel + c] = encode(surface[9 + c]!);
    }
  }
}

/** Replaces the colour of pixels at edges by the mean of n×n rays spread over the pixel. */
function smoothEdges(scene: Scene, maps: RenderedMaps, looks: Uint8Array, n: number): void {
  const size = maps.rgb.width;
  for (let j = 0, pixel = 0; j < size; j++) {
    for (let i = 0; i < size; i++, pixel++) {
      const edge =
        (i > 0 && differ(maps, looks, pixel, pixel - 1)) ||
        (i < size - 1 && differ(maps, looks, pixel, pixel + 1)) ||
        (j > 0 && differ(maps, looks, pixel, pixel - size)) ||
        (j < size - 1 && differ(maps, looks, pixel, pixel + size));
      if (!edge) continue;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let b = 0; b < n; b++) {
        for (let a = 0; a < n; a++) {
          cast(scene, (2 * (i + (a + 0.5) / n)) / size - 1, 1 - (2 * (j + (b + 0.5) / n)) / size);
          red += Math.min(1, surface[9]!);
          green += Math.min(1, surface[10]!);
          blue += Math.min(1, surface[11]!);
        }
      }
      maps.rgb.data[3 * pixel] = encode(red / (n * n));
      maps.rgb.data[3 * pixel + 1] = encode(green / (n * n));
      maps.rgb.data[3 * pixel + 2] = encode(blue / (n * n));
    }
  }
}

/** Whether an edge runs between two pixels. */
function differ(
  { instance, semseg, normal: { data: n } }: RenderedMaps,
  looks: Uint8Array,
  p: number,
  q: number,
): boolean {
  if (instance.data[p] !== instance.data[q] || semseg.data[p] !== semseg.data[q] || looks[p] !== looks[q]) return true;
  const a = 3 * p;
  const b = 3 * q;
  return n[a]! * n[b]! + n[a + 1]! * n[b + 1]! + n[a + 2]! * n[b + 2]! < 0.85;
}

/** Casts the ray through (u, v), each -1…1 from the left and the bottom, and writes the results into the arrays above. */
function cast(scene: Scene, u: number, v: number): void {
  const { camera, solids, people } = scene;
  const { position, right, up, forward, tangent } = camera;
  for (let c = 0; c < 3; c++) {
    ray[c] = position[c]!;
    // `forward` counts once, so that a point's t is its z-depth.
    ray[3 + c] = forward[c]! + tangent * (u * right[c]! + v * up[c]!);
  }
  const dx = ray[3]!;
  const dy = ray[4]!;
  const dz = ray[5]!;
  const floorAt = dy < 0 ? -position[1] / dy : Number.POSITIVE_INFINITY;
  const wallAt = (scene.wallZ - position[2]) / dz;
  let t = Math.min(floorAt, wallAt);
  let object = floorAt < wallAt ? FLOOR : WALL;
  for (let k = 0; k < solids.length; k++) {
    const at = intersect(solids[k]!, ray);
    if (at < t) {
      t = at;
      object = k;
    }
  }
  for (let k = 0; k < people.length; k++) {
    const at = intersectPerson(people[k]!, ray);
    if (at < t) {
      t = at;
      object = solids.length + k;
    }
  }
  const perMetre = 1 / Math.sqrt(dx * dx + dy * dy + dz * dz);
  for (let c = 0; c < 3; c++) {
    surface[c] = ray[c]! + t * ray[3 + c]!;
    surface[6 + c] = ray[3 + c]! * perMetre;
  }
  let cover: Cover | undefined;
  if (object >= solids.length) {
    cover = personSurface(people[object - solids.length]!, ray, surface);
  } else if (object >= 0) {
    surfaceNormal(solids[object]!, surface);
  } else {
    surface[3] = 0;
    surface[4] = object === FLOOR ? 1 : 0;
    surface[5] = object === FLOOR ? 0 : -1;
  }
  const shaded = inShadow(scene, object, surface);
  shade(scene, object, surface, shaded, cover);
  hit.depth = t;
  hit.object = object;
  hit.shaded = shaded;
  hit.cover = cover;
}

/** Linear light (0…1 and above) as an 8-bit sRGB value, by table. */
function encode(light: number): number {
  return ENCODED[Math.min(ENCODED.length - 1, Math.round(light * (ENCODED.length - 1)))]!;
}

/** Materials in the order of their numbers in `looks`; the first stands for everything but people. */
const COVERS: readonly (Cover | undefined)[] = [undefined, 'clothes', 'skin', 'hair', 'shoe', 'eye'];

const ENCODED = Uint8Array.from({ length: 16384 }, (_, i) => Math.round(255 * (i / 16383) ** (1 / 2.2)));

function raster<T extends Uint8Array | Float32Array>(size: number, channels: number, data: T): Raster<T> {
  return { width: size, height: size, channels, data };
}
