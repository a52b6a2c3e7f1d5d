/** Runs named kernels: where a backend has none, and while gradients are taken, the readable composition is run. */
import * as tf from '@tensorflow/tfjs-core';
import { KERNEL_NAMES } from './declarations.js';

/** Names of the kernels registered for the current backend. */
export function registeredKernels(): ReadonlySet<string> {
  const { backendName } = tf.engine();
  return new Set(KERNEL_NAMES.filter((name) => tf.getKernel(name, backendName) !== undefined));
}

/**
 * Runs a named kernel, or the composition if the backend has none or gradients are computed.
 *
 * @param inputs   undefined if absent
 * @param composed the same with operations of tfjs, which have gradients
 */
export function kernelOrFallback<T extends tf.Tensor>(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: tf.NamedAttrMap,
  composed: () => T,
): T {
  if (tf.engine().state.gradientDepth > 0) return composed();
  return kernelOrFallbackNoGrad(name, inputs, attributes, composed);
}

/** {@link kernelOrFallback} for operations without gradients: the kernel also runs while gradients are computed. */
export function kernelOrFallbackNoGrad<T extends tf.Tensor>(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: tf.NamedAttrMap,
  composed: () => T,
): T {
  if (!tf.getKernel(name, tf.engine().backendName)) return composed();
  const given: Record<string, tf.Tensor> = {};
  for (const key in inputs) if (inputs[key]) given[key] = inputs[key];
  return runKernelNoGrad(name, given, attributes)[0] as T;
}

/** Runs a registered kernel without gradients. @returns its results */
export function runKernelNoGrad(name: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap): tf.Tensor[] {
  const engine = tf.engine();
  if (engine.state.profiling) return [engine.runKernel<tf.Tensor | tf.Tensor[]>(name, inputs, attributes)].flat();
  // The engine's bookkeeping for gradients would take longer than a small kernel.
  const kernel = tf.getKernel(name, engine.backendName);
  const results = kernel.kernelFunc({ inputs, attrs: attributes, backend: engine.backend });
  return Array.isArray(results)
    ? results.map((result) => engine.makeTensorFromTensorInfo(result))
    : [engine.makeTensorFromTensorInfo(results)];
}
