/** A benchmark. */
export interface Row {
  /** Its name, for `--filter`: `task/rgb-to-depth`. */
  readonly name: string;
  /** One line: the operation, with its sizes. */
  readonly about: string;
  /** Number of timed runs, after one that warms up and counts operations. */
  readonly runs: number;
  /** Whether wasm uses relaxed SIMD; absent: where it is available. */
  readonly relaxedSimd?: boolean;
  /** Prepares weights and inputs. */
  prepare(): Promise<Work>;
}

/** The timed function. */
export interface Work {
  /** Runs the operation and waits for the result. */
  run(): Promise<unknown>;
  /** How often `run` repeats the operation, if once is too short to be timed; 1 if absent. */
  readonly times?: number;
  /** Bytes read and written by the operation, if memory bandwidth limits it. Multiplications are counted automatically. */
  readonly bytes?: number;
}
