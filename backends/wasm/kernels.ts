/** The named kernels of `src/nn/kernels`, and matrix multiplication, by our own WebAssembly module. */
import * as tf from '@tensorflow/tfjs-core';
import {
  ATTENTION,
  LAYER_NORM,
  type LayerNormAttributes,
  type LayerNormInputs,
  LINEAR,
  type LinearInputs,
  SWIGLU,
  type SwiGluInputs,
} from '../../src/nn/kernels/kernel.js';
import { attention } from './attention.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { matMul } from './mat-mul.js';
import { registerWasmKernel } from './register.js';
import { simdModule } from './simd/module.js';
import { dense, multiply } from './simd/multiply.js';
import { productScratch } from './simd/product.js';

/** Numbers in a vector of the module. */
const LANES = 4;

function linear(backend: WasmBackend, { x, weight, bias }: LinearInputs): tf.TensorInfo {
  const [rows, k] = x.shape as [number, number];
  const n = weight.shape[1]!;
  const at = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  return withScratch(backend, productScratch(k), (scratch) => {
    const out = backend.makeOutput([rows, n], 'float32');
    const [left, right, result] = [dense(at(x), k), dense(at(weight), n), dense(at(out), n)];
    multiply(simdModule(backend), left, right, result, [rows, n, k], at(bias), scratch);
    return out;
  });
}

function layerNorm(
  backend: WasmBackend,
  { x, weight, bias }: LayerNormInputs,
  { epsilon }: LayerNormAttributes,
): tf.TensorInfo {
  const out = backend.makeOutput([...x.shape], 'float32');
  const width = x.shape.at(-1)!;
  const rows = tf.util.sizeFromShape(x.shape) / width;
  if (width % LANES !== 0) {
    const [from, scale, shift, to] = [x, weight, bias, out].map((t) => backend.typedArrayFromHeap(t));
    for (let row = 0; row < rows; row++) {
      const own = from!.subarray(row * width, (row + 1) * width) as Float32Array;
      const mean = own.reduce((sum, v) => sum + v, 0) / width;
      const factor = 1 / Math.sqrt(own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / width + epsilon);
      for (let i = 0; i < width; i++) to![row * width + i] = (own[i]! - mean) * factor * scale![i]! + shift![i]!;
    }
    return out;
  }
  const [from, scale, shift, to] = [x, weight, bias, out].map((t) => addressOf(backend, t)) as [
    number,
    number,
    number,
    number,
  ];
  simdModule(backend).layerNorm!(from, scale, shift, to, rows, width, epsilon);
  return out;
}

function swiGlu(backend: WasmBackend, { gate, x }: SwiGluInputs): tf.TensorInfo {
  const count = tf.util.sizeFromShape(x.shape);
  const out = backend.makeOutput([...x.shape], 'float32');
  const whole = count - (count % LANES);
  simdModule(backend).swiGlu!(addressOf(backend, gate), addressOf(backend, x), addressOf(backend, out), whole);
  const [gates, values, results] = [gate, x, out].map((t) => backend.typedArrayFromHeap(t));
  for (let i = whole; i < count; i++) results![i] = (gates![i]! / (1 + Math.exp(-gates![i]!))) * values![i]!;
  return out;
}

/** Registers all of them, in place of tfjs's own where it has one. */
export function registerKernels(): void {
  registerWasmKernel(tf.BatchMatMul, matMul);
  registerWasmKernel(LINEAR, linear);
  registerWasmKernel(LAYER_NORM, layerNorm);
  registerWasmKernel(SWIGLU, swiGlu);
  registerWasmKernel(ATTENTION, attention);
}
