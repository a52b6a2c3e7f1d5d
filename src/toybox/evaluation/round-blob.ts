/** Finds a round patch of a colour in a picture, to score "text to picture" without a detector. */
import type { RgbImage } from '../../media/raster.js';

/** The largest connected patch of a colour. */
export interface Blob {
  /** Share of the picture's pixels, 0…1. */
  readonly area: number;
  /** Intersection over union of the patch and the disc of the same area about its centre: 1 for a disc, 0.83 for a square. */
  readonly roundness: number;
}

/** Degrees that a hue may differ from the one looked for. */
const HUE_TOLERANCE = 18;
/** The hue of paler or darker pixels is not used; saturation and value, 0…1. */
const MIN_SATURATION = 0.45;
const MIN_VALUE = 0.15;

/**
 * @param hue degrees, 0…360 (0 is red)
 * @returns   undefined if no pixel has the hue
 */
export function largestBlob({ data, width, height }: RgbImage, hue: number): Blob | undefined {
  const coloured = new Uint8Array(width * height);
  for (let p = 0; p < coloured.length; p++) {
    const rgb = data.subarray(3 * p, 3 * p + 3);
    coloured[p] = hasHue(rgb[0]! / 255, rgb[1]! / 255, rgb[2]! / 255, hue) ? 1 : 0;
  }
  let largest: number[] = [];
  for (let p = 0; p < coloured.length; p++) {
    if (!coloured[p]) continue;
    const patch = takePatch(coloured, width, p);
    if (patch.length > largest.length) largest = patch;
  }
  if (largest.length === 0) return undefined;
  return { area: largest.length / coloured.length, roundness: roundness(largest, width) };
}

function hasHue(r: number, g: number, b: number, wanted: number): boolean {
  const value = Math.max(r, g, b);
  const chroma = value - Math.min(r, g, b);
  if (value < MIN_VALUE || chroma < MIN_SATURATION * value) return false;
  const sextant = value === r ? (g - b) / chroma : value === g ? (b - r) / chroma + 2 : (r - g) / chroma + 4;
  const difference = Math.abs(60 * sextant - wanted) % 360;
  return Math.min(difference, 360 - difference) <= HUE_TOLERANCE;
}

/** Pixels connected (4 neighbours) to a first one; they are cleared. */
function takePatch(set: Uint8Array, width: number, first: number): number[] {
  const patch = [first];
  set[first] = 0;
  for (let i = 0; i < patch.length; i++) {
    const p = patch[i]!;
    const x = p % width;
    const neighbours = [x > 0 ? p - 1 : -1, x < width - 1 ? p + 1 : -1, p - width, p + width];
    for (const q of neighbours) {
      if (q < 0 || q >= set.length || !set[q]) continue;
      set[q] = 0;
      patch.push(q);
    }
  }
  return patch;
}

function roundness(patch: readonly number[], width: number): number {
  const mean = (of: (p: number) => number) => patch.reduce((sum, p) => sum + of(p), 0) / patch.length;
  const x = mean((p) => p % width);
  const y = mean((p) => Math.floor(p / width));
  const square = patch.length / Math.PI;
  const inside = patch.filter((p) => ((p % width) - x) ** 2 + (Math.floor(p / width) - y) ** 2 <= square).length;
  return inside / (2 * patch.length - inside);
}
