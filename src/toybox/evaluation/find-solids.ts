/** Finds solids in a class map and a picture, to score generated pictures without a detector. */
import { rgbToHsv } from '../../media/analysis/hsv.js';
import type { Raster, RgbImage } from '../../media/raster.js';
import { COLOUR_VALUES, COLOURS, type Colour, SEMSEG_CLASSES, SHAPES, type Shape } from '../constants.js';

/** A solid in a picture. */
export interface FoundSolid {
  readonly shape: Shape;
  readonly colour: Colour;
  /** Mean column of its pixels, 0…1 from the left. */
  readonly x: number;
  /** Its lower end, 0…1 from the top: of two solids on the floor, the one with the lower end is nearer to the camera. */
  readonly base: number;
  /** Share of the picture's pixels, 0…1. */
  readonly area: number;
}

/** Smaller patches of a class are no solid; a share of the picture's pixels (12 of 64 × 64, as for captions). */
const MIN_AREA = 12 / 64 ** 2;
/** A patch has every colour that this share of its pixels has, since two solids of one class may touch. */
const MIN_SHARE = 0.3;
/** Paler pixels are white: saturation, 0…1. */
const WHITE_SATURATION = 0.33;

const HUES = COLOURS.flatMap((colour) => {
  if (colour === 'white') return [];
  const [r, g, b] = COLOUR_VALUES[colour];
  return [{ colour, hue: rgbToHsv(r / 255, g / 255, b / 255)[0] }];
});

/**
 * @param semseg class ids, as those of the toybox
 * @param rgb    of the same size
 */
export function findSolids(semseg: Raster<Uint8Array>, rgb: RgbImage): FoundSolid[] {
  const { width, height } = semseg;
  const pixels = width * height;
  const visited = new Uint8Array(pixels);
  const found: FoundSolid[] = [];
  for (let first = 0; first < pixels; first++) {
    const shape = shapeOf(semseg.data[first]!);
    if (visited[first] || shape === undefined) continue;
    const patch = connected(semseg, first, visited);
    if (patch.length < MIN_AREA * pixels) continue;
    const byColour = new Map<Colour, number[]>();
    for (const pixel of patch) {
      const colour = colourOf(rgb, pixel);
      byColour.set(colour, [...(byColour.get(colour) ?? []), pixel]);
    }
    for (const [colour, own] of byColour) {
      if (own.length < MIN_SHARE * patch.length || own.length < MIN_AREA * pixels) continue;
      found.push({
        shape,
        colour,
        x: own.reduce((sum, pixel) => sum + (pixel % width) + 0.5, 0) / own.length / width,
        base: (Math.floor(own.reduce((a, b) => Math.max(a, b)) / width) + 1) / height,
        area: own.length / pixels,
      });
    }
  }
  return found;
}

function shapeOf(id: number): Shape | undefined {
  return SHAPES.find((shape) => shape === SEMSEG_CLASSES[id]);
}

/** The named colour that a pixel is nearest to, by hue. */
function colourOf({ data }: RgbImage, pixel: number): Colour {
  const [r, g, b] = [data[3 * pixel]! / 255, data[3 * pixel + 1]! / 255, data[3 * pixel + 2]! / 255];
  const [hue, saturation] = rgbToHsv(r, g, b);
  if (saturation < WHITE_SATURATION) return 'white';
  const distance = (other: number) => Math.min(Math.abs(hue - other), 360 - Math.abs(hue - other));
  return HUES.reduce((best, own) => (distance(own.hue) < distance(best.hue) ? own : best)).colour;
}

/** The pixels of a class that are connected (8 neighbours) to a first one; they are marked as visited. */
function connected({ data, width, height }: Raster<Uint8Array>, first: number, visited: Uint8Array): number[] {
  const patch = [first];
  visited[first] = 1;
  for (let i = 0; i < patch.length; i++) {
    const [x, y] = [patch[i]! % width, Math.floor(patch[i]! / width)];
    for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
      for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
        const next = row * width + column;
        if (visited[next] || data[next] !== data[first]) continue;
        visited[next] = 1;
        patch.push(next);
      }
    }
  }
  return patch;
}
