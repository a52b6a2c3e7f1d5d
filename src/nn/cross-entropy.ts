import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean of `-log softmax(logits)[id]`, in nats. The gradient, softmax minus one-hot, is computed in closed form: automatic
 * differentiation would allocate three more tensors of the size of the logits.
 *
 * @param logits [R, V], R > 0
 * @param ids    [R], each from 0 to V - 1
 */
export function crossEntropy(logits: tf.Tensor2D, ids: Int32Array): tf.Scalar {
  const [count, vocabulary] = logits.shape;
  const forward = tf.customGrad((input, save) => {
    const logProbabilities = tf.logSoftmax(input as tf.Tensor2D);
    const hot = tf.oneHot(tf.tensor1d(ids, 'int32'), vocabulary, 1, 0, 'float32') as tf.Tensor2D;
    (save as tf.GradSaveFunc)([logProbabilities, hot]);
    const value = tf.mul(tf.sum(tf.mul(logProbabilities, hot)), -1 / count) as tf.Scalar;
    const gradFunc = (dy: tf.Scalar, saved: tf.Tensor[]) => {
      const [logProbabilities, hot] = saved as [tf.Tensor2D, tf.Tensor2D];
      return tf.mul(tf.sub(tf.exp(logProbabilities), hot), tf.mul(dy, 1 / count));
    };
    return { value, gradFunc };
  });
  return forward(logits) as tf.Scalar;
}
