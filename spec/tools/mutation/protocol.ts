/** Messages to and from the thread that runs vectors. */
import type { BackendName } from '../../../backends/index.js';

/** A vector on a backend. */
export interface Trial {
  readonly vector: string;
  readonly backend: BackendName;
}

export interface TrialRequest {
  /** URL of a bundle of the implementation. */
  readonly bundle: string;
  /** Run in this order, until the first failure. */
  readonly trials: readonly Trial[];
}

export interface TrialReply {
  /** Number of vectors that passed. */
  readonly passed: number;
  /** Why the next one failed. */
  readonly reason?: string;
  readonly milliseconds: number;
  /** Indices of the mutants whose expressions were evaluated. */
  readonly reached: readonly number[];
}
