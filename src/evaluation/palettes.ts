import { deltaE2000 } from '../media/analysis/colour-difference.js';
import { rgbToLab } from '../media/analysis/lab.js';
import type { Rgb } from '../modalities/text/palette.js';
import { nothingMeasured } from './checks.js';
import { mean } from './statistics.js';

/** The difference of a colour to a palette without colours: that of black and white. */
const LARGEST = 100;

/**
 * Mean difference of two palettes in CIEDE2000: each colour to the nearest of the other palette, both ways, so that neither
 * order nor number need be the same. 0 for equal ones, and 100 if one has no colours.
 */
export function paletteDifference(predicted: readonly Rgb[], truth: readonly Rgb[]): number {
  if (predicted.length === 0 && truth.length === 0) return 0;
  if (predicted.length === 0 || truth.length === 0) return LARGEST;
  const [first, second] = [predicted, truth].map((colours) =>
    colours.map(([r, g, b]) => rgbToLab(r / 255, g / 255, b / 255)),
  );
  const differences = first!.map((a) => second!.map((b) => deltaE2000(a, b)));
  const there = differences.map((row) => Math.min(...row));
  const back = second!.map((_, i) => Math.min(...differences.map((row) => row[i]!)));
  return (mean(there) + mean(back)) / 2;
}

/** Compares palettes, one by one. */
export class PaletteMetric {
  readonly #differences: number[] = [];

  /** Adds a palette, and gives its difference. */
  add(predicted: readonly Rgb[], truth: readonly Rgb[]): number {
    const difference = paletteDifference(predicted, truth);
    this.#differences.push(difference);
    return difference;
  }

  /** The mean difference. @throws {InvalidInputError} before any palette has been added */
  result(): number {
    if (this.#differences.length === 0) throw nothingMeasured('PaletteMetric');
    return mean(this.#differences);
  }
}
