/** Something that is measured. */
export interface Row {
  /** What `--filter` looks at: `task/rgb-to-depth`. */
  readonly name: string;
  /** One line: what is done, with its sizes. */
  readonly about: string;
  /** How many timed runs there are, after one that warms up and counts. */
  readonly runs: number;
  /** Makes what is needed beforehand: weights, inputs. */
  prepare(): Promise<Work>;
}

/** What is timed. */
export interface Work {
  /** Does it, and waits for the result. */
  run(): Promise<unknown>;
  /** How many times `run` does it, where once is too short to be timed; 1 if absent. */
  readonly times?: number;
  /** Bytes that have to be read and written for one time, where memory is what limits it. Multiplications are counted without being told. */
  readonly bytes?: number;
}
