import type { TensorEntry } from './safetensors-header.js';

/** Bytes that are read at once, and the tensors in them. */
export interface ReadRun {
  readonly offset: number;
  readonly byteLength: number;
  readonly tensors: readonly (readonly [name: string, entry: TensorEntry])[];
}

/** Bytes between two tensors that are read along: on most connections they come sooner than another answer would. */
const GAP_BYTES = 2 ** 16;

/** A run does not grow beyond this, so that little is in memory twice. A larger tensor is a run of its own. */
const RUN_BYTES = 2 ** 24;

/** Puts tensors that lie side by side into runs, in the order of the file: few reads, and next to nothing read in vain. */
export function readRuns(tensors: Iterable<readonly [name: string, entry: TensorEntry]>): ReadRun[] {
  const runs: { offset: number; byteLength: number; tensors: (readonly [string, TensorEntry])[] }[] = [];
  for (const tensor of [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength)) {
    const [, { offset, byteLength }] = tensor;
    const run = runs.at(-1);
    const length = run ? offset + byteLength - run.offset : 0;
    if (run && length <= RUN_BYTES && offset - (run.offset + run.byteLength) <= GAP_BYTES) {
      run.byteLength = length;
      run.tensors.push(tensor);
    } else {
      runs.push({ offset, byteLength, tensors: [tensor] });
    }
  }
  return runs;
}
