import * as tf from '@tensorflow/tfjs-core';
import { compilesOnFirstUse } from '../../../backends/index.js';

/**
 * Amounts of work by kind; each kind has its own speed. `load`: values read from a checkpoint; `dense`: positions that the
 * transformer computes in parallel; `tokens`: tokens generated one by one; `read depth` and `write depth`: tokens encoded and
 * decoded by the tokenizer of depth; `host`: no measurable time.
 */
export type WorkAmounts = ReadonlyMap<string, number>;

/** Weight of the latest measurement in the moving average. */
const SMOOTHING = 0.3;

/** A token generated alone takes as long as about this many parallel positions, because all weights are read for it. (4M-21_B on wasm.) */
const POSITIONS_PER_TOKEN = 6;

/** Measured speed of a model on a backend, over all its generations. */
export class ThroughputEstimator {
  /** Whether a backend compiles programs when it first needs them. */
  readonly #compiles: boolean;
  /** Milliseconds for a unit of work. */
  readonly #rates = new Map<string, number>();
  /** Kinds that have had a step. */
  readonly #recordedKinds = new Set<string>();

  constructor(compiles: boolean) {
    this.#compiles = compiles;
  }

  /** Whether the next step of a kind compiles its programs. */
  isCold(kind: string): boolean {
    return this.#compiles && kind !== 'load' && kind !== 'host' && !this.#recordedKinds.has(kind);
  }

  /**
   * Records a step.
   *
   * @param kind main kind of the step
   * @param took its work. A step of several kinds is not recorded, nor one with extra work: compiling programs or loading a
   *             tokenizer's weights
   */
  record(kind: string, took: WorkAmounts, milliseconds: number): void {
    const isFirst = !this.#recordedKinds.has(kind);
    const hadMoreToDo = isFirst && (this.isCold(kind) || /^(read|write) /.test(kind));
    this.#recordedKinds.add(kind);
    const [work, ...others] = Array.from(took).filter(([, amount]) => amount > 0);
    if (hadMoreToDo || work === undefined || others.length > 0) return;
    const now = milliseconds / work[1];
    const before = this.#rates.get(work[0]) ?? now;
    this.#rates.set(work[0], before + SMOOTHING * (now - before));
  }

  /**
   * Estimated time of some work. Kinds without a measurement are estimated from the transformer's speed.
   *
   * @returns seconds; undefined before the first measurement
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
    const rate = this.#rates.get('dense') ?? (tokens && tokens / POSITIONS_PER_TOKEN);
    if (kind === 'load' || rate === undefined) return undefined;
    return kind === 'tokens' ? POSITIONS_PER_TOKEN * rate : rate;
  }
}

/** The estimator of a model for the backend in use. @param known its estimators by backend */
export function backendThroughput(known: WeakMap<object, ThroughputEstimator>): ThroughputEstimator {
  const backend = tf.backend();
  const pace = known.get(backend) ?? new ThroughputEstimator(compilesOnFirstUse());
  known.set(backend, pace);
  return pace;
}
