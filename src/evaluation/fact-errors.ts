import { checkFinite } from './checks.js';
import { mean } from './statistics.js';

/** Numbers by name. */
export type Facts = Readonly<Record<string, number | undefined>>;

/** Compares named numbers, such as the metadata of pictures. */
export class FactMetric {
  readonly #errors = new Map<string, number>();
  readonly #truths = new Map<string, number>();

  /**
   * Adds the facts of a picture. A missing prediction counts as 0; a prediction without a true value is ignored.
   *
   * @throws {InvalidInputError} for NaN and infinities
   */
  add(predicted: Facts, truth: Facts): void {
    for (const [name, value] of Object.entries(truth)) {
      if (value === undefined) continue;
      const guess = predicted[name] ?? 0;
      checkFinite(`the true ${name}`, value);
      checkFinite(`the predicted ${name}`, guess);
      this.#errors.set(name, (this.#errors.get(name) ?? 0) + Math.abs(guess - value));
      this.#truths.set(name, (this.#truths.get(name) ?? 0) + Math.abs(value));
    }
  }

  /**
   * The relative error of each fact: the sum of the absolute errors over the sum of the true values, since single values may
   * be 0. Facts that are 0 everywhere are left out.
   */
  relativeErrors(): Map<string, number> {
    const facts = [...this.#truths].filter(([, total]) => total > 0);
    return new Map(facts.map(([name, total]) => [name, this.#errors.get(name)! / total]));
  }

  /** The mean of {@link relativeErrors}; null if there are none. */
  result(): number | null {
    const errors = [...this.relativeErrors().values()];
    return errors.length === 0 ? null : mean(errors);
  }
}
