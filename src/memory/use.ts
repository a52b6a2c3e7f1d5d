/**
 * How much memory a computation takes, without doing it. What runs is written down once more, line by line, with the sizes of
 * what it makes in place of the tensors. Sizes are counted in numbers of 4 bytes: everything on a backend is float32 or int32.
 */

/** What a part of a computation takes. */
export interface Use {
  /** The most that is there at once while it runs, besides what was there before. */
  readonly peak: number;
  /** What is still there when it has run, until the `tf.tidy` around it ends. */
  readonly kept: number;
  /** The largest tensor in it, as far as {@link oneTensor} tells. */
  readonly largest: number;
}

/** Tensors that an operation makes, together. */
export function made(size: number): Use {
  return { peak: size, kept: size, largest: 0 };
}

/** One tensor, which may be the largest of a computation: results of products and convolutions, and what is joined of them. */
export function oneTensor(size: number): Use {
  return { peak: size, kept: size, largest: size };
}

/** What an operation works with, and gives back at once. */
export function lent(size: number): Use {
  return { peak: size, kept: 0, largest: 0 };
}

/** One after the other, without a `tf.tidy` of their own: what each leaves lies there while the next ones run. */
export function inTurn(...uses: readonly Use[]): Use {
  let [peak, kept, largest] = [0, 0, 0];
  for (const use of uses) {
    peak = Math.max(peak, kept + use.peak);
    kept += use.kept;
    largest = Math.max(largest, use.largest);
  }
  return { peak, kept, largest };
}

/** The same several times in turn. */
export function repeated(times: number, use: Use): Use {
  return times === 0 ? lent(0) : { ...use, peak: (times - 1) * use.kept + use.peak, kept: times * use.kept };
}

/** A `tf.tidy`, of which only the result stays. */
export function tidied(result: number, ...uses: readonly Use[]): Use {
  return { ...inTurn(...uses), kept: result };
}

/** Besides tensors: the scalars, row numbers and other small things of operations, in bytes and as a share. */
const SMALL = 1024;
const SMALL_SHARE = 0.01;

/** What something takes besides weights, in bytes. */
export interface WorkingMemory {
  /** The most that is there at once. */
  readonly working: number;
  /** The largest tensor that is made. */
  readonly largestMade: number;
}

/** A use in bytes. */
export function bytesOf({ peak, largest }: Pick<Use, 'peak' | 'largest'>): WorkingMemory {
  return { working: Math.ceil(4 * peak * (1 + SMALL_SHARE)) + SMALL, largestMade: 4 * largest };
}
