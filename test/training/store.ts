/** A training run that is kept in memory. */
import type { StoredTensor, TensorReader } from '../../src/nn/state-dict.js';
import type { TrainingRecord, TrainingStore } from '../../src/training/loop.js';

export interface MemoryStore extends TrainingStore {
  readonly records: TrainingRecord[];
  /** Steps at which a checkpoint was written. */
  readonly checkpoints: number[];
  /** The tensors of the last checkpoint. */
  last(): Record<string, number[]>;
}

export function memoryStore(): MemoryStore {
  const records: TrainingRecord[] = [];
  const checkpoints: number[] = [];
  let kept: { step: number; tensors: StoredTensor[] } | undefined;
  return {
    records,
    checkpoints,
    last: () => Object.fromEntries((kept?.tensors ?? []).map(({ name, data }) => [name, [...data]])),
    async resume() {
      if (!kept) return undefined;
      const { step, tensors } = kept;
      records.length = step;
      return { step, reader: readerOf(tensors) };
    },
    async checkpoint(step, tensors) {
      checkpoints.push(step);
      // A backend may go on computing in the arrays that it gave out.
      kept = { step, tensors: tensors.map((tensor) => ({ ...tensor, data: tensor.data.slice() })) };
    },
    async record(record) {
      records.push(record);
    },
  };
}

/** Stored tensors as a checkpoint. */
export function readerOf(tensors: readonly StoredTensor[]): TensorReader {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return { tensors: byName, read: (name) => byName.get(name)!.data };
}
