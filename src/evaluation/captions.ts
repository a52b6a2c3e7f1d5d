/** An object that a caption names. */
export interface NamedObject {
  readonly colour: string;
  readonly shape: string;
}

/** The words of a language of captions. */
export interface CaptionVocabulary {
  readonly colours: readonly string[];
  /** In the singular; plurals end in s or es. */
  readonly shapes: readonly string[];
  /** Words that count objects; other words count as one. */
  readonly numbers: Readonly<Record<string, number>>;
}

/**
 * The objects that a caption names: a colour directly followed by a shape, repeated by the number before it.
 *
 * @returns in the order of the text; `two red balls` is two of them
 */
export function namedObjects(caption: string, { colours, shapes, numbers }: CaptionVocabulary): NamedObject[] {
  const words = caption.toLowerCase().match(/[a-z]+/g) ?? [];
  return words.flatMap((colour, i) => {
    const next = words[i + 1];
    const shape =
      colours.includes(colour) && shapes.find((word) => [word, `${word}s`, `${word}es`].includes(next ?? ''));
    if (!shape) return [];
    const before = words[i - 1];
    const count = before !== undefined && Object.hasOwn(numbers, before) ? numbers[before]! : 1;
    return Array.from({ length: count }, () => ({ colour, shape }));
  });
}

/** Scores of the objects that captions name, over all captions together; 1 is perfect. */
export interface CaptionScores {
  /** Share of the true colour–shape pairs that are named, 0…1. */
  readonly recall: number;
  /** Share of the named pairs that are true, 0…1. */
  readonly precision: number;
  /** Harmonic mean of the two, 0…1. */
  readonly f1: number;
}

/**
 * Precision and recall of the colour–shape pairs in captions, with multiplicity: a caption with one of two red balls names one
 * pair. Without any true or named pairs, all scores are 1.
 */
export class CaptionMetric {
  #matched = 0;
  #named = 0;
  #true = 0;

  /**
   * Adds a caption.
   *
   * @param named the objects that the predicted caption names
   * @param truth the true objects
   * @returns     number of true objects that are named
   */
  add(named: readonly NamedObject[], truth: readonly NamedObject[]): number {
    let matched = 0;
    const left = new Map<string, number>();
    for (const object of truth) left.set(keyOf(object), (left.get(keyOf(object)) ?? 0) + 1);
    for (const object of named) {
      const count = left.get(keyOf(object)) ?? 0;
      if (count === 0) continue;
      left.set(keyOf(object), count - 1);
      matched++;
    }
    this.#matched += matched;
    this.#named += named.length;
    this.#true += truth.length;
    return matched;
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
