/** An object as a caption names it. */
export interface NamedObject {
  readonly colour: string;
  readonly shape: string;
}

/** How well captions name the objects of their pictures, over all captions together; 1 is perfect. */
export interface CaptionScores {
  /** Share of the true colour–shape pairs that are named, 0…1. */
  readonly recall: number;
  /** Share of the named pairs that are true, 0…1. */
  readonly precision: number;
  /** Harmonic mean of the two, 0…1. */
  readonly f1: number;
}

/**
 * Counts the colour–shape pairs that captions name rightly. Pairs are counted as often as they occur: of two red balls, a
 * caption with one names one. Where nothing is to be named and nothing is named, all figures are 1.
 */
export class CaptionMetric {
  #matched = 0;
  #named = 0;
  #true = 0;

  /**
   * Adds a caption.
   *
   * @param named the objects that the predicted caption names
   * @param truth the objects that it should name
   */
  add(named: readonly NamedObject[], truth: readonly NamedObject[]): void {
    const left = new Map<string, number>();
    for (const object of truth) left.set(keyOf(object), (left.get(keyOf(object)) ?? 0) + 1);
    for (const object of named) {
      const count = left.get(keyOf(object)) ?? 0;
      if (count === 0) continue;
      left.set(keyOf(object), count - 1);
      this.#matched++;
    }
    this.#named += named.length;
    this.#true += truth.length;
  }

  /** The scores of all that was added. */
  result(): CaptionScores {
    if (this.#named + this.#true === 0) return { recall: 1, precision: 1, f1: 1 };
    return {
      recall: this.#true === 0 ? 0 : this.#matched / this.#true,
      precision: this.#named === 0 ? 0 : this.#matched / this.#named,
      f1: (2 * this.#matched) / (this.#named + this.#true),
    };
  }
}

function keyOf({ colour, shape }: NamedObject): string {
  return JSON.stringify([colour, shape]);
}
