import type { RgbImage } from '../../media/raster.js';

/**
 * Visibility of blocks: the mean step between neighbouring pixels of different patches over the mean step inside patches. About
 * 1 for pictures that have no patches.
 */
export class PatchBorders {
  readonly #patch: number;
  #border = { sum: 0, count: 0 };
  #inside = { sum: 0, count: 0 };

  /** @param patch pixels a side of a patch */
  constructor(patch: number) {
    this.#patch = patch;
  }

  add({ width, height, channels, data }: RgbImage): void {
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++, i++) {
          if (x + 1 < width) this.#step(Math.abs(data[i]! - data[i + channels]!), (x + 1) % this.#patch === 0);
          if (y + 1 < height) this.#step(Math.abs(data[i]! - data[i + width * channels]!), (y + 1) % this.#patch === 0);
        }
      }
    }
  }

  /** null without any step inside patches. */
  result(): number | null {
    const [border, inside] = [this.#border, this.#inside].map(({ sum, count }) => (count > 0 ? sum / count : 0));
    return inside! > 0 ? border! / inside! : null;
  }

  #step(size: number, isBorder: boolean): void {
    const steps = isBorder ? this.#border : this.#inside;
    steps.sum += size;
    steps.count++;
  }
}
