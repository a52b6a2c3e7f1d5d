import * as tf from '@tensorflow/tfjs-core';

/** Runs `compute` and disposes of everything but the tensors of its result. */
export function tidyExcept<T>(compute: () => T, tensors: (result: T) => tf.Tensor[]): T {
  let result: T;
  tf.tidy(() => {
    result = compute();
    for (const tensor of tensors(result)) tf.keep(tensor);
  });
  return result!;
}
