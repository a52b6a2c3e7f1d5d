import * as tf from '@tensorflow/tfjs-core';
import { compilesOnFirstUse } from '../../../backends/index.js';

/**
 * Amounts of work by kind, each of which goes at a pace of its own: `load`, in numbers read from a checkpoint; `dense`, in places that
 * the transformer goes through side by side; `tokens`, said one by one; `read depth` and `write depth`, what the tokenizer of
 * depth makes of values and of tokens, in tokens; and `host`, which takes no time.
 */
export type WorkAmounts = ReadonlyMap<string, number>;

/** Weight of the latest measurement in the moving average. */
const SMOOTHING = 0.3;

/** A token by itself takes as long as about so many places side by side: the weights are read for it alone. (4M-21_B on wasm.) */
const POSITIONS_PER_TOKEN = 6;

/** How fast a model is on a backend, learned from all that it has generated there. */
export class ThroughputEstimator {
  /** Whether a backend compiles programs when it first needs them. */
  readonly #compiles: boolean;
  /** Milliseconds for a unit of work. */
  readonly #rates = new Map<string, number>();
  /** Kinds of which a step was taken. */
  readonly #seenKinds = new Set<string>();

  constructor(compiles: boolean) {
    this.#compiles = compiles;
  }

  /** Whether the next step of a kind compiles its programs. */
  isCold(kind: string): boolean {
    return this.#compiles && kind !== 'load' && kind !== 'host' && !this.#seenKinds.has(kind);
  }

  /**
   * Learns from a step.
   *
   * @param kind what it was above all
   * @param took what it did. If that is of several kinds, nothing can be learned, nor from a step that had more to do than
   *             those behind it: to compile programs, or to read the tokenizer's weights
   */
  record(kind: string, took: WorkAmounts, milliseconds: number): void {
    const isFirst = !this.#seenKinds.has(kind);
    const hadMoreToDo = isFirst && (this.isCold(kind) || /^(read|write) /.test(kind));
    this.#seenKinds.add(kind);
    const [work, ...others] = Array.from(took).filter(([, amount]) => amount > 0);
    if (hadMoreToDo || work === undefined || others.length > 0) return;
    const now = milliseconds / work[1];
    const before = this.#rates.get(work[0]) ?? now;
    this.#rates.set(work[0], before + SMOOTHING * (now - before));
  }

  /**
   * How long work will take: what was never measured, as if the transformer did it.
   *
   * @returns seconds; undefined as long as that cannot be told
   */
  seconds(work: WorkAmounts): number | undefined {
    let milliseconds = 0;
    for (const [kind, amount] of work) {
      if (amount === 0 || kind === 'host') continue;
      const pace = this.#rates.get(kind) ?? this.#estimateRate(kind);
      if (pace === undefined) return undefined;
      milliseconds += pace * amount;
    }
    return milliseconds / 1000;
  }

  #estimateRate(kind: string): number | undefined {
    const tokens = this.#rates.get('tokens');
    const place = this.#rates.get('dense') ?? (tokens && tokens / POSITIONS_PER_TOKEN);
    if (kind === 'load' || place === undefined) return undefined;
    return kind === 'tokens' ? POSITIONS_PER_TOKEN * place : place;
  }
}

/** The pace of a model on the backend in use. @param known its paces by backend */
export function backendThroughput(known: WeakMap<object, ThroughputEstimator>): ThroughputEstimator {
  const backend = tf.backend();
  const pace = known.get(backend) ?? new ThroughputEstimator(compilesOnFirstUse());
  known.set(backend, pace);
  return pace;
}
