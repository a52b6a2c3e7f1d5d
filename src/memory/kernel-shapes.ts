/** Output shapes of kernels: those of tfjs that layers use, and the named ones of `nn/kernels`. */
import * as tf from '@tensorflow/tfjs-core';
import {
  APPEND,
  ATTENTION,
  CONVOLUTION,
  DECODER_TOKEN,
  LAYER_NORM,
  LINEAR,
  PACKED_LINEAR,
  PACKED_ROWS,
  SAMPLE,
  SWIGLU,
} from '../nn/kernels/declarations.js';
import type { KernelCall } from '../nn/kernels/memory-info.js';

/** A tensor without values. */
export interface Shape {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

type Inputs = KernelCall['inputs'];
type Attrs = KernelCall['attrs'];
type ShapeOf = (inputs: Inputs, attrs: Attrs) => Shape;

/** Kernels whose output shares the memory of the first input. */
export const VIEWS: Readonly<Record<string, ShapeOf>> = {
  [tf.Reshape]: ({ x }, { shape }) => like(x!, tf.util.inferFromImplicitShape(shape, tf.util.sizeFromShape(x!.shape))),
  [tf.ExpandDims]: ({ input }, { dim }) => like(input!, withAxis(input!.shape, dim, 1)),
};

const same: ShapeOf = (inputs) => Object.values(inputs)[0]!;
const broadcast: ShapeOf = ({ a, b }) => like(a!, tf.broadcast_util.assertAndGetBroadcastShape(a!.shape, b!.shape));
const reduced: ShapeOf = ({ x }, { axis, keepDims }) => {
  const axes = tf.util.parseAxisParam(axis, x!.shape);
  if (keepDims)
    return like(
      x!,
      tf.backend_util.expandShapeToKeepDim(
        x!.shape.filter((_, i) => !axes.includes(i)),
        axes,
      ),
    );
  return like(
    x!,
    x!.shape.filter((_, i) => !axes.includes(i)),
  );
};
const convolved =
  (depthwise: boolean): ShapeOf =>
  ({ x, filter }, { strides, dilations, pad, dimRoundingMode }) => {
    const [image, kernel] = [x!.shape, filter!.shape] as [number, number, number, number][];
    const info = [image!, kernel!, strides, dilations ?? 1, pad, dimRoundingMode, depthwise] as const;
    return like(x!, tf.backend_util.computeConv2DInfo(...info).outShape);
  };

const all = (names: readonly string[], shape: ShapeOf) => Object.fromEntries(names.map((name) => [name, shape]));

/** All other kernels. */
export const KERNEL_SHAPES: Readonly<Record<string, (inputs: Inputs, attrs: Attrs) => Shape | Shape[]>> = {
  ...all(
    [tf.Abs, tf.Erf, tf.Exp, tf.Relu, tf.Round, tf.Rsqrt, tf.Sigmoid, tf.Softmax, tf.Sqrt, tf.Square, tf.Tanh],
    same,
  ),
  ...all([tf.Add, tf.FloorDiv, tf.Maximum, tf.Mod, tf.Multiply, tf.RealDiv, tf.Sub], broadcast),
  ...all([tf.Max, tf.Mean, tf.Sum], reduced),
  ...all([tf.AddN, ATTENTION, LAYER_NORM, SWIGLU], same),
  // These count as copies, although some backends do not copy.
  ...all([tf.Cast, tf.Identity], (inputs, { dtype }) => ({ ...same(inputs, {}), ...(dtype && { dtype }) })),
  [tf.ArgMax]: (inputs, attrs) => ({ ...reduced(inputs, attrs), dtype: 'int32' }),
  [tf.Equal]: (inputs, attrs) => ({ ...broadcast(inputs, attrs), dtype: 'bool' }),
  [tf.Select]: ({ t }) => t!,
  [tf.Fill]: (_, { shape, dtype }) => ({ shape, dtype }),
  [tf.Range]: (_, { start, stop, step, dtype }) => ({ shape: [Math.ceil((stop - start) / step)], dtype }),
  [tf.Transpose]: ({ x }, { perm }) =>
    like(
      x!,
      (perm as number[]).map((axis) => x!.shape[axis]!),
    ),
  [tf.Tile]: ({ x }, { reps }) =>
    like(
      x!,
      x!.shape.map((size, i) => size * reps[i]),
    ),
  [tf.PadV2]: ({ x }, { paddings }) =>
    like(
      x!,
      x!.shape.map((size, i) => paddings[i][0] + size + paddings[i][1]),
    ),
  [tf.Slice]: ({ x }, { begin, size }) => like(x!, tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size)[1]!),
  [tf.SplitV]: ({ x }, { numOrSizeSplits, axis }) => {
    const [along] = tf.util.parseAxisParam(axis, x!.shape) as [number];
    const lengths = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along);
    return lengths.map((length) =>
      like(
        x!,
        x!.shape.map((size, i) => (i === along ? length : size)),
      ),
    );
  },
  [tf.Concat]: (inputs, { axis }) => {
    const parts = Object.values(inputs);
    const [along] = tf.util.parseAxisParam(axis, parts[0]!.shape) as [number];
    return like(
      parts[0]!,
      tf.backend_util.computeOutShape(
        parts.map(({ shape }) => shape),
        along,
      ),
    );
  },
  [tf.Pack]: (inputs, { axis }) => {
    const parts = Object.values(inputs);
    return like(parts[0]!, withAxis(parts[0]!.shape, axis, parts.length));
  },
  [tf.GatherV2]: ({ x, indices }, { axis, batchDims }) => {
    const [along] = tf.util.parseAxisParam(axis, x!.shape) as [number];
    const info = [x as tf.Tensor, indices as tf.Tensor, along, batchDims] as const;
    return like(x!, tf.backend_util.segment_util.collectGatherOpShapeInfo(...info).outputShape);
  },
  [tf.BatchMatMul]: ({ a, b }, { transposeA, transposeB }) =>
    like(a!, [
      ...tf.broadcast_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2)),
      a!.shape.at(transposeA ? -1 : -2)!,
      b!.shape.at(transposeB ? -2 : -1)!,
    ]),
  [tf.Conv2D]: convolved(false),
  [tf.DepthwiseConv2dNative]: convolved(true),
  [APPEND]: ({ past, rows }) => longer(past!, rows!.shape[1]!),
  [CONVOLUTION]: ({ x, bias }, { stride }) => {
    const [b, h, w] = x!.shape as [number, number, number];
    return like(x!, [b, Math.ceil(h / stride), Math.ceil(w / stride), bias!.shape[0]!]);
  },
  [DECODER_TOKEN]: ({ y, pastKeys, pastValues }) => [y!, longer(pastKeys!, 1), longer(pastValues!, 1)],
  [LINEAR]: ({ x, weight }) => like(x!, [...x!.shape.slice(0, -1), weight!.shape[1]!]),
  [PACKED_LINEAR]: ({ x, words }) => like(x!, [...x!.shape.slice(0, -1), words!.shape[0]!]),
  [PACKED_ROWS]: ({ rows }, { width }) => ({ shape: [rows!.shape[0]!, width], dtype: 'float32' }),
  [SAMPLE]: ({ logits }) => ({ shape: [logits!.shape[0]!, 4], dtype: 'int32' }),
};

function like({ dtype }: Shape, shape: readonly number[]): Shape {
  return { shape, dtype };
}

/** [B, N, D] with M rows more. */
function longer(x: Shape, m: number): Shape {
  const [b, n, width] = x.shape as [number, number, number];
  return like(x, [b, n + m, width]);
}

function withAxis(shape: readonly number[], axis: number, size: number): number[] {
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  return [...shape.slice(0, at), size, ...shape.slice(at)];
}
