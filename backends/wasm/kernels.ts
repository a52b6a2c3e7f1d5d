/** The named kernels of `src/nn/kernels`, and matrix multiplication, by our own WebAssembly module. */
import * as tf from '@tensorflow/tfjs-core';
import {
  APPEND,
  ATTENTION,
  CONVOLUTION,
  DECODER_TOKEN,
  LAYER_NORM,
  type LayerNormAttributes,
  type LayerNormInputs,
  LINEAR,
  type LinearInputs,
  PACKED_LINEAR,
  PACKED_ROWS,
  QUANTIZED_LINEAR,
  SAMPLE,
  SWIGLU,
  type SwiGluInputs,
} from '../../src/nn/kernels/declarations.js';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import {
  ADAMW_UPDATE,
  ATTENTION_GRADIENT,
  LAYER_NORM_GRADIENT,
  SWIGLU_GRADIENT,
} from '../../src/nn/kernels/training-kernels.js';
import { append, appendMemory } from './append.js';
import { attention, attentionMemory } from './attention.js';
import { attentionGradient } from './attention-gradient.js';
import { addressOf, type WasmBackend } from './backend.js';
import { convolution, convolutionMemory } from './convolution.js';
import { decoderToken, decoderTokenMemory } from './decoder-token.js';
import { matMul, matMulMemory } from './mat-mul.js';
import { packedLinear, packedLinearMemory, packedRows, packedRowsMemory } from './packed.js';
import { computed, inRanges, LANES, threadsOf } from './parallel.js';
import { quantizedLinear, quantizedLinearMemory } from './quantized.js';
import { registerSum } from './reductions.js';
import { registerWasmKernel, unregisterWasmKernel } from './register.js';
import { sample, sampleMemory } from './sampling.js';
import { dense, multiplyParts } from './simd/multiply.js';
import { productScratch } from './simd/product.js';
import { adamWUpdate, layerNormGradient, swiGluGradient } from './training.js';
import { registerTranspose } from './transpose.js';

function linear(backend: WasmBackend, { x, weight, bias }: LinearInputs): tf.TensorInfo {
  const [k, n] = weight.shape as [number, number];
  const rows = tf.util.sizeFromShape(x.shape) / k;
  const [from, by, shift] = [x, weight, bias].map((tensor) => (tensor ? addressOf(backend, tensor) : 0)) as [
    number,
    number,
    number,
  ];
  return computed(backend, [...x.shape.slice(0, -1), n], productScratch(k), (out) =>
    multiplyParts(backend, dense(from, k), dense(by, n), dense(out, n), [rows, n, k], shift),
  );
}

function linearMemory(backend: WasmBackend, { weight }: LinearInputs): KernelMemory {
  return { scratch: threadsOf(backend) * productScratch(weight.shape[0]!) };
}

/** Cost of one number of a row, in multiplications, the unit of the minimum work of a part. */
const [NORM_WORK, GATE_WORK] = [8, 16];

function layerNorm(
  backend: WasmBackend,
  { x, weight, bias }: LayerNormInputs,
  { epsilon }: LayerNormAttributes,
): tf.TensorInfo {
  const width = x.shape.at(-1)!;
  const rows = tf.util.sizeFromShape(x.shape) / width;
  if (width % LANES === 0) {
    const [from, scale, shift] = [x, weight, bias].map((t) => addressOf(backend, t)) as [number, number, number];
    return computed(backend, [...x.shape], 0, (to) =>
      inRanges(backend, rows, 1, NORM_WORK * rows * width, (first, end) => {
        const skipped = 4 * first * width;
        return [['layerNorm', from + skipped, scale, shift, to + skipped, end - first, width, epsilon]];
      }),
    );
  }
  const out = backend.makeOutput([...x.shape], 'float32');
  const [from, scale, shift, to] = [x, weight, bias, out].map((t) => backend.typedArrayFromHeap(t));
  for (let row = 0; row < rows; row++) {
    const own = from!.subarray(row * width, (row + 1) * width) as Float32Array;
    const mean = own.reduce((sum, v) => sum + v, 0) / width;
    const factor = 1 / Math.sqrt(own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / width + epsilon);
    for (let i = 0; i < width; i++) to![row * width + i] = (own[i]! - mean) * factor * scale![i]! + shift![i]!;
  }
  return out;
}

function swiGlu(backend: WasmBackend, { gate, x }: SwiGluInputs): tf.TensorInfo {
  const count = tf.util.sizeFromShape(x.shape);
  const whole = count - (count % LANES);
  const [gatesAt, valuesAt] = [addressOf(backend, gate), addressOf(backend, x)];
  const out = computed(backend, [...x.shape], 0, (to) =>
    inRanges(backend, whole, LANES, GATE_WORK * whole, (first, end) => [
      ['swiGlu', gatesAt + 4 * first, valuesAt + 4 * first, to + 4 * first, end - first],
    ]),
  );
  const [gates, values, results] = [gate, x, out].map((t) => backend.typedArrayFromHeap(t));
  for (let i = whole; i < count; i++) results![i] = (gates![i]! / (1 + Math.exp(-gates![i]!))) * values![i]!;
  return out;
}

/** Registers all kernels, replacing those of tfjs. */
export function registerKernels(): void {
  registerWasmKernel(tf.BatchMatMul, matMul, matMulMemory);
  registerTranspose();
  registerSum();
  registerWasmKernel(LINEAR, linear, linearMemory);
  registerWasmKernel(PACKED_LINEAR, packedLinear, packedLinearMemory);
  registerWasmKernel(PACKED_ROWS, packedRows, packedRowsMemory);
  registerWasmKernel(LAYER_NORM, layerNorm);
  registerWasmKernel(SWIGLU, swiGlu);
  registerWasmKernel(ATTENTION_GRADIENT, attentionGradient);
  registerWasmKernel(LAYER_NORM_GRADIENT, layerNormGradient);
  registerWasmKernel(SWIGLU_GRADIENT, swiGluGradient);
  registerWasmKernel(ADAMW_UPDATE, adamWUpdate);
  registerWasmKernel(ATTENTION, attention, attentionMemory);
  registerWasmKernel(APPEND, append, appendMemory);
  registerWasmKernel(CONVOLUTION, convolution, convolutionMemory);
  registerWasmKernel(DECODER_TOKEN, decoderToken, decoderTokenMemory);
  registerWasmKernel(SAMPLE, sample, sampleMemory);
}

/** Registers or removes the kernels that need relaxed SIMD. */
export function registerRelaxedKernels(relaxed: boolean): void {
  if (relaxed) registerWasmKernel(QUANTIZED_LINEAR, quantizedLinear, quantizedLinearMemory);
  else unregisterWasmKernel(QUANTIZED_LINEAR);
}
