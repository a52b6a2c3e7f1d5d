import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type WasmBackend } from './backend.js';
import { type Given, registerWasmKernel } from './register.js';

type Conv2DInfo = tf.backend_util.Conv2DInfo;

/**
 * Gradient of a convolution with respect to its filter. For each position of the filter: the matrix of its input pixels,
 * transposed, times the gradient of the output.
 *
 * x: [B, h, w, C], dy: [B, h', w', C'] → filterShape, [fh, fw, C, C']
 */
function conv2DBackpropFilter(
  backend: WasmBackend,
  { x, dy }: Given<tf.Conv2DBackpropFilterInputs>,
  { strides, pad, dimRoundingMode, filterShape }: tf.Conv2DBackpropFilterAttrs,
): tf.TensorInfo {
  const info = tf.backend_util.computeConv2DInfo(x.shape as Shape4D, filterShape, strides, 1, pad, dimRoundingMode);
  const { filterHeight, filterWidth, inChannels, outChannels, batchSize, outHeight, outWidth } = info;
  const positions = batchSize * outHeight * outWidth;
  const out = backend.makeOutput(filterShape, 'float32');
  const window = backend.makeOutput([positions, inChannels], 'float32');
  const dyRows = { ...dy, shape: [positions, outChannels] };
  for (let fy = 0; fy < filterHeight; fy++) {
    for (let fx = 0; fx < filterWidth; fx++) {
      copyWindow(backend, x, window, info, fy, fx);
      const part = runKernel(
        backend,
        tf.BatchMatMul,
        { a: window, b: dyRows },
        { transposeA: true, transposeB: false },
      );
      const at = (fy * filterWidth + fx) * inChannels * outChannels;
      backend.typedArrayFromHeap(out).set(backend.typedArrayFromHeap(part), at);
      backend.disposeData(part.dataId);
    }
  }
  backend.disposeData(window.dataId);
  return out;
}

/** For each position of the output: the pixel of x under position (fy, fx) of the filter, zero where that is padding. */
function copyWindow(
  backend: WasmBackend,
  x: tf.TensorInfo,
  window: tf.TensorInfo,
  info: Conv2DInfo,
  fy: number,
  fx: number,
) {
  const pixels = backend.typedArrayFromHeap(x);
  const rows = backend.typedArrayFromHeap(window).fill(0);
  const { inChannels, inHeight, inWidth } = info;
  forEachPosition(info, (b, oy, ox, row) => {
    const y = oy * info.strideHeight - info.padInfo.top + fy;
    const col = ox * info.strideWidth - info.padInfo.left + fx;
    if (y < 0 || y >= inHeight || col < 0 || col >= inWidth) return;
    const from = ((b * inHeight + y) * inWidth + col) * inChannels;
    const to = row * inChannels;
    for (let c = 0; c < inChannels; c++) rows[to + c] = pixels[from + c]!;
  });
}

/**
 * Gradient of a depthwise convolution with respect to its filter.
 *
 * x: [B, h, w, C], dy: [B, h', w', C·m] → filterShape, [fh, fw, C, m]
 */
function depthwiseBackpropFilter(
  backend: WasmBackend,
  { x, dy }: Given<tf.DepthwiseConv2dNativeBackpropFilterInputs>,
  { strides, dilations, pad, dimRoundingMode, filterShape }: tf.DepthwiseConv2dNativeBackpropFilterAttrs,
): tf.TensorInfo {
  const info = depthwiseInfo(x.shape, filterShape, strides, dilations, pad, dimRoundingMode);
  const out = backend.makeOutput(filterShape, 'float32');
  const gradient = backend.typedArrayFromHeap(out).fill(0);
  const pixels = backend.typedArrayFromHeap(x);
  const dyValues = backend.typedArrayFromHeap(dy);
  forEachDepthwiseTerm(info, (pixel, weight, output) => {
    gradient[weight]! += pixels[pixel]! * dyValues[output]!;
  });
  return out;
}

/**
 * Gradient of a depthwise convolution with respect to its input.
 *
 * dy: [B, h', w', C·m], filter: [fh, fw, C, m] → inputShape, [B, h, w, C]
 */
function depthwiseBackpropInput(
  backend: WasmBackend,
  { dy, filter }: Given<tf.DepthwiseConv2dNativeBackpropInputInputs>,
  { strides, dilations, pad, dimRoundingMode, inputShape }: tf.DepthwiseConv2dNativeBackpropInputAttrs,
): tf.TensorInfo {
  const info = depthwiseInfo(inputShape, filter.shape, strides, dilations, pad, dimRoundingMode);
  const out = backend.makeOutput(inputShape, 'float32');
  const gradient = backend.typedArrayFromHeap(out).fill(0);
  const weights = backend.typedArrayFromHeap(filter);
  const dyValues = backend.typedArrayFromHeap(dy);
  forEachDepthwiseTerm(info, (pixel, weight, output) => {
    gradient[pixel]! += weights[weight]! * dyValues[output]!;
  });
  return out;
}

type Shape4D = [number, number, number, number];

function depthwiseInfo(
  inputShape: number[],
  filterShape: number[],
  strides: number | [number, number],
  dilations: number | [number, number],
  pad: tf.DepthwiseConv2dNativeBackpropFilterAttrs['pad'],
  rounding: tf.DepthwiseConv2dNativeBackpropFilterAttrs['dimRoundingMode'],
): Conv2DInfo {
  const [input, filter] = [inputShape as Shape4D, filterShape as Shape4D];
  return tf.backend_util.computeConv2DInfo(input, filter, strides, dilations, pad, rounding, true);
}

/** Visits every product that a depthwise convolution adds up, with the flat indices of its pixel, weight and output. */
function forEachDepthwiseTerm(info: Conv2DInfo, visit: (pixel: number, weight: number, output: number) => void): void {
  const { inChannels, inHeight, inWidth, filterHeight, filterWidth } = info;
  const multiplier = info.outChannels / inChannels;
  forEachPosition(info, (b, oy, ox, position) => {
    for (let fy = 0; fy < filterHeight; fy++) {
      const y = oy * info.strideHeight - info.padInfo.top + fy * info.dilationHeight;
      if (y < 0 || y >= inHeight) continue;
      for (let fx = 0; fx < filterWidth; fx++) {
        const x = ox * info.strideWidth - info.padInfo.left + fx * info.dilationWidth;
        if (x < 0 || x >= inWidth) continue;
        const pixels = ((b * inHeight + y) * inWidth + x) * inChannels;
        const weights = (fy * filterWidth + fx) * inChannels * multiplier;
        for (let i = 0; i < inChannels * multiplier; i++) {
          visit(pixels + Math.floor(i / multiplier), weights + i, position * inChannels * multiplier + i);
        }
      }
    }
  });
}

/** Visits every position of the output: batch, row, column, and flat index. */
function forEachPosition(info: Conv2DInfo, visit: (b: number, oy: number, ox: number, index: number) => void): void {
  let index = 0;
  for (let b = 0; b < info.batchSize; b++) {
    for (let oy = 0; oy < info.outHeight; oy++) {
      for (let ox = 0; ox < info.outWidth; ox++) visit(b, oy, ox, index++);
    }
  }
}

/** Adds the kernels, which tfjs has none of for wasm. */
export function registerConvGradients(): void {
  registerWasmKernel(tf.Conv2DBackpropFilter, conv2DBackpropFilter);
  registerWasmKernel(tf.DepthwiseConv2dNativeBackpropFilter, depthwiseBackpropFilter);
  registerWasmKernel(tf.DepthwiseConv2dNativeBackpropInput, depthwiseBackpropInput);
}
