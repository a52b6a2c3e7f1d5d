/** What the thread that runs vectors is asked, and answers. */
import type { BackendName } from '../../../backends/index.js';

/** A vector on a backend. */
export interface Trial {
  readonly vector: string;
  readonly backend: BackendName;
}

export interface TrialRequest {
  /** URL of a bundle of the implementation. */
  readonly bundle: string;
  /** Tried in this order, until the first that does not pass. */
  readonly trials: readonly Trial[];
}

export interface TrialReply {
  /** How many of them passed. */
  readonly passed: number;
  /** Why the next did not. */
  readonly reason?: string;
  readonly milliseconds: number;
  /** Indices of the mutants whose places were evaluated. */
  readonly reached: readonly number[];
}
