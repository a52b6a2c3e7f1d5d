import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { InvalidInputError } from './errors.js';

/**
 * The source of all random numbers: a seedable generator on the host, always passed as an argument, so that the same seed gives
 * the same tokens on every backend.
 */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  /** @param seed a safe integer; generators of different seeds are independent for all practical purposes */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new InvalidInputError(`the seed must be a whole number, not ${seed}`);
    // Both halves of the seed are hashed, so that neighbouring seeds give unrelated sequences.
    this.#generator = xoroshiro128plus(mix(mix(seed | 0) ^ Math.floor(seed / 2 ** 32)));
  }

  /** A number in [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return (this.#generator.next() >>> 0) / 2 ** 32;
  }

  /** `n` numbers in [0, 1). */
  uniforms(n: number): Float64Array {
    return Float64Array.from({ length: n }, () => this.uniform());
  }

  /** A whole number in [low, high], both included. */
  integer(low: number, high: number): number {
    return uniformInt(this.#generator, low, high);
  }

  /** A number from the standard normal distribution (Box–Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** One of the items, all equally likely. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** The numbers 0 … n-1 in random order (Fisher–Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(0, i);
      const swapped = order[i]!;
      order[i] = order[j]!;
      order[j] = swapped;
    }
    return order;
  }

  /** An independent generator, so that the random numbers of one part do not depend on how many another part uses. */
  fork(): Random {
    return new Random(this.integer(-0x80000000, 0x7fffffff));
  }
}

/** Finaliser of MurmurHash3: every input bit moves every output bit. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
