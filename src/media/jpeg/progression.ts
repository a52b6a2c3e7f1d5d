import { MediaError } from '../../errors.js';
import type { Band } from './blocks.js';
import type { Component } from './frame.js';

/** A coefficient that no scan has held yet. */
const UNREAD = -1;

/**
 * Coefficient bits that the scans so far contained. Each bit may occur once, upper bits first (T.81, section G.1.1.1), which
 * bounds the work for files with many scans.
 */
export class Progression {
  readonly #isProgressive: boolean;
  /** By component: for each of the 64 coefficients, the lowest bit that is known. */
  readonly #known: Map<Component, Int8Array>;

  constructor(components: readonly Component[], isProgressive: boolean) {
    this.#isProgressive = isProgressive;
    this.#known = new Map(components.map((component) => [component, new Int8Array(64).fill(UNREAD)]));
  }

  /** Notes a scan. @throws MediaError if it does not follow on those before it */
  begin(components: readonly Component[], { first, last, high, low }: Band): void {
    const isWrongKind = this.#isProgressive && (first === 0 ? last > 0 : components.length > 1);
    if (isWrongKind || (high > 0 && low !== high - 1)) {
      throw new MediaError(
        `damaged JPEG: a progressive scan of the coefficients ${first} to ${last}, bits ${high} to ${low}`,
      );
    }
    for (const component of components) {
      const known = this.#known.get(component)!;
      for (let k = first; k <= last; k++) {
        if (known[k] !== (high === 0 ? UNREAD : high) || (k > 0 && known[0] === UNREAD && first > 0)) {
          throw new MediaError(`damaged JPEG: coefficient ${k} of component ${component.id} comes out of order`);
        }
      }
      known.fill(low, first, last + 1);
    }
  }

  /** @throws MediaError if a component had no scan */
  finish(): void {
    for (const [{ id }, known] of this.#known) {
      if (known[0] === UNREAD) throw new MediaError(`truncated JPEG: no scan of component ${id}`);
    }
  }
}
