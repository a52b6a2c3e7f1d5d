import type * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor, TensorReader } from '../nn/state-dict.js';

/** An optimizer, whose state can be saved and restored. */
export interface Optimizer {
  /** Steps taken. */
  readonly step: number;
  /** The variables to compute gradients of. */
  readonly variables: tf.Variable[];
  /**
   * Updates the parameters.
   *
   * @param gradients by variable name, from `tf.variableGrads`; owned by the caller
   * @returns         global gradient norm before clipping
   */
  apply(gradients: tf.NamedTensorMap, learningRate: number): tf.Scalar;
  /** The optimizer's state, for {@link restore}. */
  state(): Promise<StoredTensor[]>;
  /** Restores a {@link state}. @throws FourMError if it belongs to another model */
  restore(reader: TensorReader, step: number): Promise<void>;
  /** Releases the state. */
  dispose(): void;
}
