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
  /** Does it once, and waits for the result. */
  run(): Promise<unknown>;
  /** Bytes that have to be read and written, where memory is what limits it. Multiplications are counted without being told. */
  readonly bytes?: number;
}
