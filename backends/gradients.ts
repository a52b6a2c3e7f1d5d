/**
 * Registers tfjs's gradients. `@tensorflow/tfjs-core` registers none of them in Node, so that without this module every
 * `tf.grads` there fails; in a browser they would come with the package, and registering them again changes nothing.
 *
 * The imported file is made by `scripts/build.mjs` (`npm ci` runs it) from tfjs-core's own sources.
 */
import * as tf from '@tensorflow/tfjs-core';
// After tfjs-core: the first import creates the engine that all copies share, and the bundle's is incomplete.
import './generated/gradients.js';

/**
 * Replaces wrong gradients of tfjs: that of `cumsum` fails, or has the wrong shape, for every axis but the last. Must be
 * repeated after importing a package that registers tfjs's gradients.
 */
export function mendGradients(): void {
  tf.unregisterGradient(tf.Cumsum);
  tf.registerGradient({
    kernelName: tf.Cumsum,
    inputsToSave: [],
    gradFunc: (dy, _saved, attrs) => {
      const { axis, exclusive, reverse } = attrs as unknown as tf.CumsumAttrs;
      return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) };
    },
  });
}

mendGradients();
