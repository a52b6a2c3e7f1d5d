import type * as tf from '@tensorflow/tfjs-core';
import type { WeightDtype } from './packed/packing.js';

/** Tensors that stand in for weights where only shapes matter, whether the weights are loaded or not. */
export interface StandIns {
  /** How weights that can be packed are kept; absent, as each of them is. */
  readonly dtype?: WeightDtype | undefined;
  /** A tensor without values. */
  tensor(shape: readonly number[], dtype: 'float32' | 'int32'): tf.Tensor;
}

let current: StandIns | undefined;

/** The stand-ins in use; undefined while weights are used. */
export function standIns(): StandIns | undefined {
  return current;
}

/** Computes with stand-ins in place of all weights. (`src/memory` measures a computation so.) */
export function withStandIns<T>(given: StandIns, compute: () => T): T {
  const before = current;
  current = given;
  try {
    return compute();
  } finally {
    current = before;
  }
}
