import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.js';
import { type Given, registerWasmKernel } from './register.js';

/**
 * The same values, in the same memory, as on tfjs's other backends; tfjs's own kernels for wasm copy them. Training clones each
 * tensor that a gradient needs.
 */
function identity(backend: WasmBackend, { x }: Given<tf.IdentityInputs>): tf.TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}

/** Replaces tfjs's own kernels. */
export function registerIdentity(): void {
  registerWasmKernel(tf.Identity, identity);
  const others = tf.getKernel(tf.Cast, 'wasm').kernelFunc;
  registerWasmKernel<Given<tf.CastInputs>, tf.CastAttrs>(tf.Cast, (backend, inputs, attrs) =>
    inputs.x.dtype === attrs.dtype
      ? identity(backend, inputs)
      : others({ inputs, backend, attrs: attrs as unknown as tf.NamedAttrMap }),
  );
}
