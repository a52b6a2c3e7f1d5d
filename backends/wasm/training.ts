/** Kernels of trainings: gradients of the named kernels, and AdamW's update. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayerNormAttributes } from '../../src/nn/kernels/declarations.js';
import type {
  AdamWUpdateAttributes,
  AdamWUpdateInputs,
  LayerNormGradientInputs,
  SwiGluGradientInputs,
} from '../../src/nn/kernels/training-kernels.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { inRanges, LANES, LINE, runParts } from './parallel.js';

type Numbers = Float32Array | Int32Array | Uint8Array;

/** Cost of a number, in multiplications. */
const [GATE_WORK, NORM_WORK, SUM_WORK, UPDATE_WORK] = [24, 16, 8, 24];

/** @returns gradients of the gate and of x */
export function swiGluGradient(backend: WasmBackend, { gate, x, dy }: SwiGluGradientInputs): tf.TensorInfo[] {
  const count = tf.util.sizeFromShape(x.shape);
  const whole = count - (count % LANES);
  const results = [backend.makeOutput([...x.shape], 'float32'), backend.makeOutput([...x.shape], 'float32')] as const;
  const addresses = [gate, x, dy, ...results].map((tensor) => addressOf(backend, tensor));
  runParts(
    backend,
    inRanges(backend, whole, LANES, GATE_WORK * whole, (first, end) => [
      ['swiGluGradient', ...addresses.map((address) => address + 4 * first), end - first],
    ]),
    0,
    0,
  );
  const [gates, values, gradients, dGate, dx] = [gate, x, dy, ...results].map((t) => backend.typedArrayFromHeap(t));
  for (let i = whole; i < count; i++) {
    const share = 1 / (1 + Math.exp(-gates![i]!));
    dx![i] = gradients![i]! * share * gates![i]!;
    dGate![i] = gradients![i]! * values![i]! * share * (1 + gates![i]! * (1 - share));
  }
  return [...results];
}

/** @returns gradients of x, weight and bias */
export function layerNormGradient(
  backend: WasmBackend,
  { x, weight, dy }: LayerNormGradientInputs,
  { epsilon }: LayerNormAttributes,
): tf.TensorInfo[] {
  const width = x.shape.at(-1)!;
  const rows = tf.util.sizeFromShape(x.shape) / width;
  const results = [x.shape, weight.shape, weight.shape].map((shape) => backend.makeOutput([...shape], 'float32'));
  if (width % LANES !== 0) {
    const [values, weights, gradients, ...own] = [x, weight, dy, ...results].map((t) => backend.typedArrayFromHeap(t));
    layerNormGradientByRow([values!, weights!, gradients!], own, epsilon);
    return results;
  }
  const [from, by, gradient, dx, dWeight, dBias] = [x, weight, dy, ...results].map((t) => addressOf(backend, t)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return withScratch(backend, 8 * rows, (statistics) => {
    const ofRows = inRanges(backend, rows, 1, NORM_WORK * rows * width, (first, end) => {
      const skipped = 4 * first * width;
      const operands = [from + skipped, by, gradient + skipped, dx + skipped, statistics + 8 * first];
      return [['layerNormGradient', ...operands, end - first, width, epsilon]];
    });
    const ofColumns = inRanges(backend, width, LINE, SUM_WORK * rows * width, (first, end) => {
      const [values, gradients, weights, biases] = [from, gradient, dWeight, dBias].map((at) => at + 4 * first);
      return [['layerNormSums', values!, gradients!, statistics, weights!, biases!, rows, 4 * width, end - first]];
    });
    for (const parts of [ofRows, ofColumns]) runParts(backend, parts, 0, 0);
    return results;
  });
}

/** The same in JavaScript, for widths that the module does not take. Writes the gradients of x, weight and bias. */
function layerNormGradientByRow(
  [x, weight, dy]: readonly [x: Numbers, weight: Numbers, dy: Numbers],
  [dx, dWeight, dBias]: readonly Numbers[],
  epsilon: number,
): void {
  const width = weight.length;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / width;
  dWeight!.fill(0);
  dBias!.fill(0);
  for (let start = 0; start < x.length; start += width) {
    const [row, gradient] = [x, dy].map((all) => Array.from(all.subarray(start, start + width))) as [
      number[],
      number[],
    ];
    const centre = mean(row);
    const scale = 1 / Math.sqrt(mean(row.map((value) => (value - centre) ** 2)) + epsilon);
    const normalized = row.map((value) => (value - centre) * scale);
    const weighted = gradient.map((value, i) => value * weight[i]!);
    const [shift, along] = [mean(weighted), mean(weighted.map((value, i) => value * normalized[i]!))];
    for (let i = 0; i < width; i++) {
      dx![start + i] = scale * (weighted[i]! - shift - normalized[i]! * along);
      dWeight![i]! += gradient[i]! * normalized[i]!;
      dBias![i]! += gradient[i]!;
    }
  }
}

/** @returns the new value, mean and mean square */
export function adamWUpdate(
  backend: WasmBackend,
  { value, gradient, mean, square, scale }: AdamWUpdateInputs,
  { beta1, beta2, kept, rate, deviation, epsilon }: AdamWUpdateAttributes,
): tf.TensorInfo[] {
  const count = tf.util.sizeFromShape(value.shape);
  const whole = count - (count % LANES);
  const results = Array.from({ length: 3 }, () => backend.makeOutput([...value.shape], 'float32'));
  const tensors = [value, gradient, mean, square, ...results];
  const addresses = tensors.map((tensor) => addressOf(backend, tensor));
  const factor = addressOf(backend, scale);
  const parts = inRanges(backend, whole, LANES, UPDATE_WORK * whole, (first, end) => [
    [
      'adamW',
      ...addresses.map((address) => address + 4 * first),
      factor,
      end - first,
      ...[beta1, beta2, kept, rate, deviation, epsilon],
    ],
  ]);
  runParts(backend, parts, 0, 0);
  const [values, gradients, means, squares, newValues, newMeans, newSquares] = tensors.map((tensor) =>
    backend.typedArrayFromHeap(tensor),
  );
  const clipped = backend.typedArrayFromHeap(scale)[0]!;
  for (let i = whole; i < count; i++) {
    const own = gradients![i]! * clipped;
    newMeans![i] = means![i]! * beta1 + own * (1 - beta1);
    newSquares![i] = squares![i]! * beta2 + own ** 2 * (1 - beta2);
    newValues![i] = values![i]! * kept - (rate * newMeans![i]!) / (Math.sqrt(newSquares![i]!) * deviation + epsilon);
  }
  return results;
}
