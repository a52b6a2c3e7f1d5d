/**
 * How much memory a computation takes, without doing it. What runs is written down once more, line by line, with the sizes of
 * what it makes in place of the tensors. Sizes are counted in numbers of 4 bytes: everything on a backend is float32 or int32.
 */

/** What a part of a computation takes. */
export interface MemoryProfile {
  /** The most that is there at once while it runs, besides what was there before. */
  readonly peak: number;
  /** What is still there when it has run, until the `tf.tidy` around it ends. */
  readonly retained: number;
  /** The largest tensor in it, as far as {@link allocateTensor} tells. */
  readonly largest: number;
}

/** Tensors that an operation makes, together. */
export function allocate(size: number): MemoryProfile {
  return { peak: size, retained: size, largest: 0 };
}

/** One tensor, which may be the largest of a computation: results of products and convolutions, and what is joined of them. */
export function allocateTensor(size: number): MemoryProfile {
  return { peak: size, retained: size, largest: size };
}

/** What an operation works with, and gives back at once. */
export function workspace(size: number): MemoryProfile {
  return { peak: size, retained: 0, largest: 0 };
}

/** One after the other, without a `tf.tidy` of their own: what each leaves lies there while the next ones run. */
export function sequential(...uses: readonly MemoryProfile[]): MemoryProfile {
  let [peak, kept, largest] = [0, 0, 0];
  for (const use of uses) {
    peak = Math.max(peak, kept + use.peak);
    kept += use.retained;
    largest = Math.max(largest, use.largest);
  }
  return { peak, retained: kept, largest };
}

/** The same several times in turn. */
export function repeated(times: number, use: MemoryProfile): MemoryProfile {
  return times === 0
    ? workspace(0)
    : { ...use, peak: (times - 1) * use.retained + use.peak, retained: times * use.retained };
}

/** A `tf.tidy`, of which only the result stays. */
export function scoped(result: number, ...uses: readonly MemoryProfile[]): MemoryProfile {
  return { ...sequential(...uses), retained: result };
}

/** Besides tensors: the scalars, row numbers and other small things of operations, in bytes and as a share. */
const SMALL = 1024;
const SMALL_SHARE = 0.01;

/** What something takes besides weights, in bytes. */
export interface WorkingMemory {
  /** The most that is there at once. */
  readonly working: number;
  /** The largest tensor that is made. */
  readonly largestTensor: number;
}

/** A use in bytes. */
export function bytesOf({ peak, largest }: Pick<MemoryProfile, 'peak' | 'largest'>): WorkingMemory {
  return { working: Math.ceil(4 * peak * (1 + SMALL_SHARE)) + SMALL, largestTensor: 4 * largest };
}
