/** A backend's operations and their gradients, held to those of the cpu backend. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type BackendName, useBackend } from '../../backends/index.js';

/** Host-side values with a shape. */
export interface Values {
  shape: number[];
  values: Float32Array;
}

/** A value and its gradients, of `sum(f(inputs) * weights)` with weights 1, 2, 3, 1, 2, 3, … */
export async function valueAndGradients(
  inputs: Values[],
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
): Promise<number[][]> {
  const tensors = inputs.map(({ shape, values }) => tf.tensor(values, shape));
  const results = tf.tidy(() => {
    const y = f(...tensors);
    const weights = tf.tensor(
      Float32Array.from({ length: y.size }, (_, i) => 1 + (i % 3)),
      y.shape,
    );
    const gradients = tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.mul(f(...xs), weights)))(tensors);
    return [y, ...gradients];
  });
  const read = await Promise.all(results.map(async (t) => [...(await t.data())]));
  tf.dispose([...tensors, ...results]);
  return read;
}

/** The greatest difference, in units of 1 + the expected magnitude; infinite where the sizes differ. */
export function distance(actual: number[][], expected: number[][]): number {
  if (actual.map((a) => a.length).join() !== expected.map((e) => e.length).join()) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (const [i, each] of expected.entries()) {
    for (const [j, value] of each.entries()) {
      const d = Math.abs(actual[i]![j]! - value) / (1 + Math.abs(value));
      if (!(d <= worst)) worst = d;
    }
  }
  return worst;
}

/** A side of a small tensor. */
export const size = fc.integer({ min: 1, max: 7 });

/** Large enough for wasm to take tiles of several rows and columns, some of them whole. */
export const large = fc.integer({ min: 9, max: 24 });

/** Scattered values of a given shape between -1 and 1. */
export function valuesOf(shape: number[]): fc.Arbitrary<Values> {
  const length = tf.util.sizeFromShape(shape);
  return fc.nat(999).map((seed) => ({
    shape,
    values: Float32Array.from({ length }, (_, i) => Math.sin(seed + 12.9898 * (i + 1) ** 2)),
  }));
}

/** Expects a backend's value and gradients to be those of the cpu backend. */
export async function sameAsCpu(
  name: BackendName,
  inputs: Values[],
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
): Promise<void> {
  await useBackend('cpu');
  const expected = await valueAndGradients(inputs, f);
  await useBackend(name);
  expect(distance(await valueAndGradients(inputs, f), expected)).toBeLessThan(1e-3);
}
