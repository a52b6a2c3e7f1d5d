import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constant, normal } from '../../src/nn/initializers.js';
import { Parameter } from '../../src/nn/parameters.js';
import { Random } from '../../src/random.js';
import { ADAMW } from '../../src/training/adamw.js';
import { MUON, Muon, orthogonalized } from '../../src/training/muon.js';
import { onEachBackend, onOneBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { readerOf } from './store.js';

/** Random matrices as tensors. */
function matrices(shapes: readonly (readonly [number, number])[], seed: number): tf.Tensor2D[] {
  const random = new Random(seed);
  return shapes.map(([rows, columns]) =>
    tf.tensor2d(
      Float32Array.from({ length: rows * columns }, () => random.normal()),
      [rows, columns],
    ),
  );
}

/** The singular values of X, squared: those of the smaller of XᵀX and XXᵀ, by Jacobi's rotations. */
function squaredSingularValues(matrix: tf.Tensor2D): number[] {
  const tall = matrix.shape[0] > matrix.shape[1];
  const gram = tf.matMul(matrix, matrix, tall, !tall).arraySync() as number[][];
  const n = gram.length;
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const angle = 0.5 * Math.atan2(2 * gram[p]![q]!, gram[q]![q]! - gram[p]![p]!);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < n; k++) {
          const [a, b] = [gram[p]![k]!, gram[q]![k]!];
          gram[p]![k] = c * a - s * b;
          gram[q]![k] = s * a + c * b;
        }
        for (let k = 0; k < n; k++) {
          const [a, b] = [gram[k]![p]!, gram[k]![q]!];
          gram[k]![p] = c * a - s * b;
          gram[k]![q] = s * a + c * b;
        }
      }
    }
  }
  return gram.map((row, i) => row[i]!);
}

describe('orthogonalized', () => {
  onOneBackend();

  const shape = fc.tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 }));

  test('all singular values are near 1, for any shapes in any order', () => {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 5 }), fc.nat(), (shapes, seed) => {
        tf.tidy(() => {
          const given = matrices(shapes, seed);
          orthogonalized(given).forEach((matrix, i) => {
            expect(matrix.shape).toEqual(given[i]!.shape);
            const values = squaredSingularValues(matrix);
            expect(Math.max(...values)).toBeLessThan(1.3 ** 2);
            // Small singular values stay small in five steps.
            const before = squaredSingularValues(given[i]!);
            const lost = Math.min(...before) / before.reduce((a, b) => a + b, 0) < 1e-4;
            if (!lost) expect(Math.min(...values)).toBeGreaterThan(0.6 ** 2);
          });
        });
      }),
      { numRuns: 50 },
    );
  });

  test('the directions stay: X and its result share their singular vectors', () => {
    tf.tidy(() => {
      const [matrix] = matrices([[5, 8]], 3);
      const [near] = orthogonalized([matrix!]);
      const product = tf.matMul(near!, matrix!, false, true);
      expectClose(product.dataSync(), tf.transpose(product).dataSync(), { rtol: 1e-4, atol: 1e-4 });
    });
  });
});

/** A fused matrix of two parts, a matrix, and a bias, started from a seed. */
function parameters(): { fused: Parameter; matrix: Parameter; bias: Parameter } {
  const make = (name: string, shape: number[]) => {
    const parameter = new Parameter(name, shape, { init: name === 'bias' ? constant(0.5) : normal(1), decay: true });
    parameter.initialize(new Random(7));
    return parameter;
  };
  return { fused: make('fused', [4, 8]), matrix: make('matrix', [4, 4]), bias: make('bias', [4]) };
}

function muon({ fused, matrix, bias }: ReturnType<typeof parameters>): Muon {
  const hidden = [
    { parameter: fused, parts: 2 },
    { parameter: matrix, parts: 1 },
  ];
  return new Muon([fused, matrix, bias], hidden, MUON, ADAMW);
}

async function step(optimizer: Muon, of: Record<string, Parameter>, seed: number): Promise<void> {
  const gradients = Object.fromEntries(
    Object.values(of).map(({ value }, i) => {
      const random = new Random(100 * seed + i);
      const noise = Float32Array.from({ length: value.size }, () => random.normal());
      return [value.name, tf.tensor(noise, value.shape)];
    }),
  );
  optimizer.apply(gradients, 0.1).dispose();
  tf.dispose(gradients);
}

const read = async (of: Record<string, Parameter>) => Promise.all(Object.values(of).map((p) => p.read()));

onEachBackend(() => {
  test('moves each part of a matrix by steps of the same size, and the rest as AdamW does', async () => {
    const of = parameters();
    const before = await read(of);
    const optimizer = muon(of);
    await step(optimizer, of, 1);
    const after = await read(of);
    const moved = after.map((values, i) => values.map((v, k) => v - before[i]![k]! * (1 - 0.1 * MUON.weightDecay)));
    const size = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    // A square orthogonal matrix of n rows, times √n, has entries of root mean square 1.
    for (const i of [0, 1]) expect(size(moved[i]!) / (0.1 * MUON.size)).toBeGreaterThan(0.6);
    for (const i of [0, 1]) expect(size(moved[i]!) / (0.1 * MUON.size)).toBeLessThan(1.3);
    for (const v of moved[2]!) expect(Math.abs(v)).toBeCloseTo(0.1, 3);
    optimizer.dispose();
    for (const p of Object.values(of)) p.dispose();
  });

  test('resumes where it was stopped', async () => {
    const [unbroken, broken] = [parameters(), parameters()];
    const whole = muon(unbroken);
    for (const seed of [1, 2, 3]) await step(whole, unbroken, seed);
    const first = muon(broken);
    for (const seed of [1, 2]) await step(first, broken, seed);
    const second = muon(broken);
    await second.restore(readerOf(await first.state()), first.step);
    await step(second, broken, 3);
    expect(second.step).toBe(3);
    expect(await read(broken)).toEqual(await read(unbroken));
    for (const optimizer of [whole, first, second]) optimizer.dispose();
    for (const p of [...Object.values(unbroken), ...Object.values(broken)]) p.dispose();
  });

  test('a state of another model is refused', async () => {
    const of = parameters();
    const optimizer = muon(of);
    const state = (await optimizer.state()).filter(({ name }) => name !== 'muon.momentum.matrix');
    await expect(optimizer.restore(readerOf(state), 1)).rejects.toThrow('"muon.momentum.matrix"');
    optimizer.dispose();
    for (const p of Object.values(of)) p.dispose();
  });
});

describe('with nothing but zeros as gradients', () => {
  onOneBackend();

  test('matrices only decay', async () => {
    const of = parameters();
    const before = await of.matrix.read();
    const optimizer = muon(of);
    const zeros = Object.fromEntries(Object.values(of).map(({ value }) => [value.name, tf.zerosLike(value)]));
    optimizer.apply(zeros, 0.1).dispose();
    const kept = before.map((v) => v * (1 - 0.1 * MUON.weightDecay));
    expectClose(await of.matrix.read(), kept, { rtol: 1e-6, atol: 1e-6 });
    tf.dispose(zeros);
    optimizer.dispose();
    for (const p of Object.values(of)) p.dispose();
  });
});
