import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WasmBackend } from '../../../backends/wasm/backend.js';
import { guardMemory } from '../../../backends/wasm/memory.js';
import { APPEND } from '../../../src/nn/kernels/declarations.js';
import { kernelOrFallback } from '../../../src/nn/kernels/run-kernel.js';
import { normals } from '../../nn/plain.js';
import { onBackends } from '../../on-backends.js';

const D = 3;

const append = (past: tf.Tensor3D, rows: tf.Tensor3D) =>
  kernelOrFallback<tf.Tensor3D>(APPEND, { past, rows }, {}, () => {
    throw new Error('there is no kernel');
  });

onBackends(['wasm'], () => {
  test('appending equals concatenation, also after other appends to the same tensor and disposals', async () => {
    const step = fc.record({
      to: fc.nat(),
      rows: fc.integer({ min: 1, max: 70 }),
      letGo: fc.boolean(),
      which: fc.nat(),
    });
    const cases = fc.tuple(fc.integer({ min: 1, max: 2 }), fc.array(step, { minLength: 1, maxLength: 12 }));
    const used = () => guardMemory(tf.backend() as unknown as WasmBackend).used;
    await fc.assert(
      fc.asyncProperty(cases, async ([b, steps]) => {
        const before = used();
        const of = (rows: number, seed: number) => tf.tensor3d(normals(b * rows * D, seed), [b, rows, D]);
        const grown = [{ real: of(1, 0), expected: of(1, 0) }];
        for (const [i, { to, rows, letGo, which }] of steps.entries()) {
          const past = grown[to % grown.length]!;
          const added = of(rows, i + 1);
          grown.push({ real: append(past.real, added), expected: tf.concat([past.expected, added], 1) });
          added.dispose();
          if (letGo && grown.length > 2) {
            const [gone] = grown.splice(which % grown.length, 1);
            tf.dispose([gone!.real, gone!.expected]);
          }
        }
        for (const { real, expected } of grown) expect(await real.data()).toEqual(await expected.data());
        for (const { real, expected } of grown) tf.dispose([real, expected]);
        expect(used()).toBe(before);
      }),
      { numRuns: 60 },
    );
  });

  test('a single sample grows in place', () => {
    const memory = guardMemory(tf.backend() as unknown as WasmBackend);
    const row = tf.ones<tf.Rank.R3>([1, 1, D]);
    let cache = append(row, row);
    const { used } = memory;
    for (let i = 3; i <= 16; i++) {
      const more = append(cache, row);
      cache.dispose();
      cache = more;
      expect(memory.used).toBe(used);
    }
    const beyond = append(cache, row);
    expect(memory.used).toBeGreaterThan(used);
    tf.dispose([row, cache, beyond]);
  });
});
