/** The head of the transfer tasks: a small network on the encoder's output, which counts solids and finds their boxes. */
import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from '../../nn/cross-entropy.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import { ParameterList } from '../../nn/parameters.js';
import { MAX_OBJECTS } from '../constants.js';
import { BOX_VALUES, type GridBoxes } from './boxes.js';

const HIDDEN = 128;
/** Numbers of solids: 0…{@link MAX_OBJECTS}. */
const COUNTS = MAX_OBJECTS + 1;

/** A head: one hidden layer, applied to each patch. */
export interface TransferHead {
  readonly parameters: ParameterList;
  /** C → 128, with ReLU */
  readonly hidden: Linear;
  /** Logits of the numbers of solids, from the mean over all patches. */
  readonly count: Linear;
  /** Of each patch: the logit of a box with its centre there, and {@link BOX_VALUES}. */
  readonly boxes: Linear;
}

/** @param width C, numbers of a patch */
export function buildTransferHead(width: number): TransferHead {
  const parameters = new ParameterList('head.');
  return {
    parameters,
    hidden: buildLinear(parameters.scope('hidden'), width, HIDDEN),
    count: buildLinear(parameters.scope('count'), HIDDEN, COUNTS),
    boxes: buildLinear(parameters.scope('boxes'), HIDDEN, 1 + BOX_VALUES),
  };
}

/** Outputs of {@link transferHead}. */
export interface HeadOutputs {
  /** [B, 5] */
  readonly counts: tf.Tensor2D;
  /** [B, P, 1 + 6] */
  readonly boxes: tf.Tensor3D;
}

/** Runs the head. Call it inside `tf.tidy`. @param features of each patch, [B, P, C] */
export function transferHead(p: TransferHead, features: tf.Tensor3D): HeadOutputs {
  const hidden = tf.relu(linear(p.hidden, features));
  return { counts: linear(p.count, tf.mean(hidden, 1) as tf.Tensor2D), boxes: linear(p.boxes, hidden) };
}

/** The truth of a scene for the head. */
export interface TransferLabel {
  /** Number of visible solids. */
  readonly count: number;
  readonly boxes: GridBoxes;
}

/**
 * The sum of three losses: cross entropy of the number of solids; binary cross entropy of the centres, summed over the patches; and
 * absolute error of the boxes; the last two per box.
 */
export function transferLoss({ counts, boxes }: HeadOutputs, labels: readonly TransferLabel[]): tf.Scalar {
  const [size, patches] = boxes.shape;
  const isCentre = new Float32Array(size * patches);
  const rows: number[] = [];
  const values: number[] = [];
  labels.forEach(({ boxes }, b) => {
    boxes.patches.forEach((patch, i) => {
      isCentre[b * patches + patch] = 1;
      rows.push(b * patches + patch);
      values.push(...boxes.values[i]!);
    });
  });
  const flat = tf.reshape(boxes, [size * patches, 1 + BOX_VALUES]) as tf.Tensor2D;
  const logits = tf.reshape(tf.slice(flat, [0, 0], [-1, 1]), [-1]);
  // ln(1 + exp(x)) - x for a centre, ln(1 + exp(x)) elsewhere.
  const centres = tf.sum(tf.sub(tf.softplus(logits), tf.mul(logits, tf.tensor1d(isCentre))));
  const counting = crossEntropy(
    counts,
    Int32Array.from(labels, ({ count }) => count),
  );
  const number = Math.max(rows.length, 1);
  if (rows.length === 0) return tf.add(counting, tf.div(centres, number));
  const predicted = tf.slice(tf.gather(flat, tf.tensor1d(rows, 'int32')), [0, 1], [-1, BOX_VALUES]);
  const errors = tf.sum(tf.abs(tf.sub(predicted, tf.tensor2d(values, [rows.length, BOX_VALUES]))));
  return tf.add(counting, tf.div(tf.add(centres, errors), number));
}
