import * as tf from '@tensorflow/tfjs-core';
import { FourMError } from '../errors.js';
import type { StoredTensor, TensorReader } from '../nn/state-dict.js';

/** A running mean that an optimizer keeps for a parameter, in the layout of its value. */
export interface Moment {
  /** Name in checkpoints. */
  readonly name: string;
  readonly value: tf.Variable;
}

/** A moment that starts at zero. */
export function startMoment(name: string, like: tf.Tensor): Moment {
  return { name, value: tf.tidy(() => tf.variable(tf.zerosLike(like), false)) };
}

/** The moments' values, for {@link restoreMoments}. */
export async function momentState(moments: readonly Moment[]): Promise<StoredTensor[]> {
  const stored: StoredTensor[] = [];
  for (const { name, value } of moments) {
    stored.push({ name, shape: [...value.shape], data: (await value.data()) as Float32Array });
  }
  return stored;
}

/** @throws FourMError naming the first moment that is missing */
export async function restoreMoments(moments: readonly Moment[], reader: TensorReader): Promise<void> {
  for (const { name, value } of moments) {
    if (!reader.tensors.has(name)) {
      throw new FourMError(`the training state has no "${name}"; it belongs to another model`);
    }
    const stored = tf.tensor(Float32Array.from((await reader.read(name)) as ArrayLike<number>), value.shape);
    value.assign(stored);
    stored.dispose();
  }
}
