import type * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor, TensorReader } from '../nn/state-dict.js';

/** What moves parameters against their gradients, and can be stopped and gone on with. */
export interface Optimizer {
  /** Steps taken. */
  readonly step: number;
  /** The variables whose gradients {@link apply} takes. */
  readonly variables: tf.Variable[];
  /**
   * Takes a step.
   *
   * @param gradients by variable name, as `tf.variableGrads` gives them; they stay the caller's
   * @returns         the global norm of the gradients that are clipped, before that
   */
  apply(gradients: tf.NamedTensorMap, learningRate: number): tf.Scalar;
  /** What {@link restore} needs besides the parameters. */
  state(): Promise<StoredTensor[]>;
  /** Goes on where {@link state} was taken. @throws FourMError if the state is of another model */
  restore(reader: TensorReader, step: number): Promise<void>;
  /** Lets go of the state. */
  dispose(): void;
}
