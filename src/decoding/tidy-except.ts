import * as tf from '@tensorflow/tfjs-core';

/** Runs `compute` like `tf.tidy`, but keeps the tensors of its result, which belong to the caller. */
export function tidyExcept<T>(compute: () => T, tensors: (result: T) => tf.Tensor[]): T {
  let result: T;
  tf.tidy(() => {
    result = compute();
    for (const tensor of tensors(result)) tf.keep(tensor);
  });
  return result!;
}
