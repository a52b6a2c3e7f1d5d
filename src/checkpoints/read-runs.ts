import type { TensorEntry } from './safetensors-header.js';

/** Bytes that are read at once, and the tensors in them. */
export interface ReadRun {
  readonly offset: number;
  readonly byteLength: number;
  readonly tensors: readonly (readonly [name: string, entry: TensorEntry])[];
}

/** Gaps between two tensors up to this size are read too: on most connections that is faster than another request. */
const GAP_BYTES = 2 ** 16;

/** The largest run of several tensors, so that few bytes are in memory twice. A larger tensor is a run of its own. */
const RUN_BYTES = 2 ** 24;

/** Groups neighbouring tensors into runs, in the order of the file: few reads, and few bytes that are not needed. */
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
