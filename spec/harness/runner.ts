import type { ConformanceCase } from './case.js';
import type { Comparison } from './comparison.js';

/** Context of a runner besides the case. */
export interface RunnerContext {
  /** Folder of files that cases need and that may not be passed on, such as the official vocabulary. */
  readonly referenceData?: string | undefined;
}

/**
 * Computes what a case of one kind holds, and compares all of it.
 *
 * @throws SkippedCase where something is missing that the case does not bring along
 */
export type Runner = (reference: ConformanceCase, compare: Comparison, context: RunnerContext) => Promise<void> | void;

/** An implementation: its runner for a kind of case; undefined for a kind that it does not know. */
export type RunnerOf = (kind: string) => Promise<Runner | undefined>;

/** A case cannot be run here. The message says why, and what to do. */
export class SkippedCase extends Error {
  override readonly name = 'SkippedCase';
}
