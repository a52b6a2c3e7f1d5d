/** Runs named kernels: where a backend has none, and while gradients without a kernel are computed, the readable composition runs. */
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

/**
 * {@link kernelOrFallback} for a kernel with a gradient kernel: while gradients are computed, both run if the backend has them.
 *
 * @param gradient name of the kernel with the same inputs and the result's gradient, `dy`; its results are the gradients of all
 *                 inputs, in order
 * @param constants further inputs of both kernels, without gradients; undefined if absent
 */
export function differentiableKernelOrFallback<T extends tf.Tensor>(
  name: string,
  gradient: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: tf.NamedAttrMap,
  composed: () => T,
  constants: Readonly<Record<string, tf.Tensor | undefined>> = {},
): T {
  const engine = tf.engine();
  if (engine.state.gradientDepth === 0 || !tf.getKernel(gradient, engine.backendName)) {
    return kernelOrFallback(name, { ...inputs, ...constants }, attributes, composed);
  }
  const fixed = Object.entries(constants).filter((entry): entry is [string, tf.Tensor] => entry[1] !== undefined);
  const names = [...Object.keys(inputs), ...fixed.map(([key]) => key)];
  const named = (tensors: readonly tf.Tensor[]) => Object.fromEntries(names.map((key, i) => [key, tensors[i]!]));
  const forward = tf.customGrad((...given) => {
    const save = given.pop() as tf.GradSaveFunc;
    const all = [...(given as tf.Tensor[]), ...fixed.map(([, tensor]) => tensor)];
    save(all);
    return {
      value: runKernelNoGrad(name, named(all), attributes)[0]!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => runKernelNoGrad(gradient, { ...named(saved), dy }, attributes),
    };
  });
  return forward(...Object.values(inputs)) as T;
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
