/** The main colours of a picture. */
import { clusterColours } from '../../media/analysis/palette.js';
import type { RgbImage } from '../../media/raster.js';
import { paletteToText, type Rgb } from '../../modalities/text/palette.js';
import type { ToyboxSample } from '../sample.js';

/** Colours beside those of the objects: of floor, wall and shadow. */
const ROOM_COLOURS = 3;
/** The most colours of published palettes. */
const MAX_COLOURS = 7;
/** Channels in a palette's string are multiples of this: the difference is invisible, and the vocabulary stays small. */
export const PALETTE_STEP = 5;
/** Levels a channel of the histogram from which the first centres are taken. */
const LEVELS = 8;

/**
 * The palette of a sample: k-means in RGB (officially too; the official number of colours, 1…7, is random, here it is three
 * for the room and one for each object), the most frequent colour first.
 */
export function toyboxPalette({ rgb, objects }: Pick<ToyboxSample, 'rgb' | 'objects'>): Rgb[] {
  const count = Math.min(MAX_COLOURS, ROOM_COLOURS + objects.length);
  const { centres } = clusterColours(rgb, firstCentres(rgb, count));
  return Array.from({ length: count }, (_, i) => [centres[3 * i]!, centres[3 * i + 1]!, centres[3 * i + 2]!]);
}

/** The string of a sample's palette (`color_palette`). */
export function paletteText(sample: Pick<ToyboxSample, 'rgb' | 'objects'>): string {
  return paletteToText(roundedPalette(sample));
}

/** The colours of {@link toyboxPalette} as the model is trained on them: channels rounded to {@link PALETTE_STEP}. */
export function roundedPalette(sample: Pick<ToyboxSample, 'rgb' | 'objects'>): Rgb[] {
  const round = (channel: number) => PALETTE_STEP * Math.round(channel / PALETTE_STEP);
  return toyboxPalette(sample).map(([r, g, b]) => [round(r), round(g), round(b)]);
}

/**
 * Deterministic first centres: of the colours of a coarse histogram the most frequent one, then repeatedly the one with the
 * largest product of frequency and squared distance to the centres so far (k-means++ samples with that probability).
 */
function firstCentres({ data }: RgbImage, count: number): Float64Array {
  const sums = new Float64Array(4 * LEVELS ** 3);
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
    const level = (value: number) => (value * LEVELS) >> 8;
    const bin = 4 * ((level(r) * LEVELS + level(g)) * LEVELS + level(b));
    sums[bin]! += r;
    sums[bin + 1]! += g;
    sums[bin + 2]! += b;
    sums[bin + 3]!++;
  }
  const bins: { colour: Rgb; pixels: number; distance: number }[] = [];
  for (let bin = 0; bin < sums.length; bin += 4) {
    const pixels = sums[bin + 3]!;
    if (pixels === 0) continue;
    const colour: Rgb = [sums[bin]! / pixels, sums[bin + 1]! / pixels, sums[bin + 2]! / pixels];
    bins.push({ colour, pixels, distance: 1 });
  }
  const centres = new Float64Array(3 * count);
  for (let k = 0; k < count; k++) {
    let best = bins[0]!;
    for (const bin of bins) if (bin.pixels * bin.distance > best.pixels * best.distance) best = bin;
    centres.set(best.colour, 3 * k);
    for (const bin of bins) {
      const distance = bin.colour.reduce((sum, value, c) => sum + (value - best.colour[c]!) ** 2, 0);
      bin.distance = k === 0 ? distance : Math.min(bin.distance, distance);
    }
  }
  return centres;
}
