import * as tf from '@tensorflow/tfjs-core';
import { ATTENTION, CONVOLUTION, DECODER_TOKEN, LINEAR, PACKED_LINEAR } from '../src/nn/kernels/declarations.js';

/** A kernel call, as recorded by tfjs's profiler. */
interface RunKernel {
  readonly name: string;
  readonly inputShapes: (number[] | null)[];
  readonly outputShapes: number[][];
  readonly totalBytesSnapshot: number;
}

/** Runs a function and counts the multiplications and additions of its matrix products and convolutions. */
export async function countedFlops(run: () => Promise<unknown>): Promise<{ flops: number; peakBytes: number }> {
  // Otherwise every result would be read back and checked for NaN.
  tf.env().set('CHECK_COMPUTATION_FOR_ERRORS', false);
  // As `tf.profile` does, which passes all kernels as arguments of one call: too many for a text of 255 tokens.
  const { state } = tf.engine();
  const kernels: RunKernel[] = [];
  state.activeProfile = { ...state.activeProfile, kernels: kernels as unknown as typeof state.activeProfile.kernels };
  state.profiling = true;
  try {
    await run();
  } finally {
    state.profiling = false;
  }
  const flops = kernels.reduce((sum, kernel) => sum + flopsOf(kernel), 0);
  const peakBytes = kernels.reduce((peak, kernel) => Math.max(peak, kernel.totalBytesSnapshot), 0);
  return { flops, peakBytes };
}

function flopsOf({ name, inputShapes, outputShapes }: RunKernel): number {
  const size = tf.util.sizeFromShape;
  const [first, second] = inputShapes as [number[], number[]];
  const out = outputShapes[0]!;
  switch (name) {
    case tf.BatchMatMul: {
      // The summed axis may be either axis of the left matrix: its size divided by the rows of the result.
      const summed = size(first.slice(-2)) / out.at(-2)!;
      return 2 * size(out) * summed;
    }
    case LINEAR:
    case PACKED_LINEAR:
      return 2 * size(out) * first.at(-1)!;
    case ATTENTION:
      return 4 * size(out) * second[1]!;
    case DECODER_TOKEN: {
      const [[, , width], [, contextLength], , [, pastLength]] = inputShapes as [
        number[],
        number[],
        number[],
        number[],
      ];
      const weights = inputShapes.filter((shape) => shape?.length === 2) as number[][];
      // A word of a packed row has several numbers. The rows of the first weight, with 3D outputs, have D numbers.
      const [outputs, inRow] = weights[0] as [number, number];
      const inWord = outputs === width ? 1 : width! / inRow;
      const products = weights.reduce((sum, shape) => sum + inWord * size(shape), 0);
      return 2 * products + 4 * width! * (contextLength! + pastLength! + 1);
    }
    case CONVOLUTION:
      // Counted as a direct convolution; kernels may need fewer operations.
      return 2 * 9 * size(out) * first.at(-1)!;
    case tf.Conv2D:
      return 2 * size(out) * size(second.slice(0, 3));
    default:
      return 0;
  }
}
