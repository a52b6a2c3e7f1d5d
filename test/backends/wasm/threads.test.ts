import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../backends/index.js';
import { addressOf, type WasmBackend } from '../../../backends/wasm/backend.js';
import { computed, setThreads, threadsOf } from '../../../backends/wasm/parallel.js';
import { shareMemory } from '../../../backends/wasm/threads/share-memory.js';
import { BackendError, InvalidInputError } from '../../../src/errors.js';
import { attention } from '../../../src/nn/attention.js';
import { CONVOLUTION, LAYER_NORM, LINEAR, SWIGLU } from '../../../src/nn/kernels/declarations.js';
import { kernelOrFallback } from '../../../src/nn/kernels/run-kernel.js';
import { disposePacked, packedLinear, packMatrix } from '../../../src/nn/packed/packed-matrix.js';
import type { PackedDtype } from '../../../src/nn/packed/packing.js';
import { onBackends } from '../../on-backends.js';

const backend = () => tf.backend() as unknown as WasmBackend;

function noise<R extends tf.Rank>(shape: number[], seed: number): tf.Tensor<R> {
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(seed + i * i));
  return tf.tensor(values, shape as tf.ShapeMap[R]);
}

/** Computes with one thread and with several, and compares the bytes of the results. */
async function expectSameBits(compute: () => tf.Tensor): Promise<void> {
  const results: Buffer[] = [];
  for (const threads of [1, 2, 3]) {
    await useBackend('wasm', { threads });
    const result = tf.tidy(compute);
    results.push(Buffer.from((result.dataSync() as Float32Array).buffer));
    result.dispose();
  }
  expect(results.map((bytes) => bytes.equals(results[0]!))).toEqual([true, true, true]);
}

const side = (max: number) => fc.integer({ min: 1, max });
const never = () => {
  throw new Error('the kernel is not registered');
};

onBackends(['wasm'], () => {
  describe('results are bit-identical for any number of threads', () => {
    test('of convolutions', async () => {
      const shapes = fc.record({
        h: side(40),
        w: side(40),
        c: side(40),
        n: fc.constantFrom(3, 8, 96, 200),
        stride: side(2),
      });
      await fc.assert(
        fc.asyncProperty(shapes, async ({ h, w, c, n, stride }) => {
          const [x, weight, bias] = [noise([2, h, w, c], 1), noise([9 * c, n], 2), noise([n], 3)];
          await expectSameBits(() => kernelOrFallback(CONVOLUTION, { x, weight, bias }, { stride }, never));
          tf.dispose([x, weight, bias]);
        }),
        { numRuns: 15 },
      );
    });

    test('of products', async () => {
      const shapes = fc.record({
        m: side(70),
        k: side(300),
        n: fc.oneof(
          side(300),
          fc.integer({ min: 1, max: 600 }).map((quarter) => 4 * quarter),
        ),
        batch: fc.constantFrom([], [3], [2, 10]),
        transposeB: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(shapes, async ({ m, k, n, batch, transposeB }) => {
          const a = noise([...batch, m, k], 1);
          const b = noise([...batch, ...(transposeB ? [n, k] : [k, n])], 2);
          await expectSameBits(() => tf.matMul(a, b, false, transposeB));
          tf.dispose([a, b]);
        }),
        { numRuns: 12 },
      );
    });

    test('of linear maps, layer norms and gates', async () => {
      await fc.assert(
        fc.asyncProperty(side(200), side(120), side(700), async (rows, quarter, n) => {
          const [x, other] = [noise([rows, 4 * quarter], 3), noise([rows, 4 * quarter], 4)];
          const [weight, bias] = [noise([4 * quarter, n], 5), noise([n], 6)];
          const [scale, shift] = [noise([4 * quarter], 7), noise([4 * quarter], 8)];
          await expectSameBits(() => kernelOrFallback(LINEAR, { x, weight, bias }, {}, never));
          await expectSameBits(() => kernelOrFallback(SWIGLU, { gate: other, x }, {}, never));
          await expectSameBits(() =>
            kernelOrFallback(LAYER_NORM, { x, weight: scale, bias: shift }, { epsilon: 1e-6 }, never),
          );
          tf.dispose([x, other, weight, bias, scale, shift]);
        }),
        { numRuns: 8 },
      );
    });

    test('of linear maps with weights in 16 or 8 bits', async () => {
      const dtypes = fc.constantFrom<PackedDtype>('f16', 'int8');
      await fc.assert(
        fc.asyncProperty(side(20), side(300), side(900), dtypes, async (rows, k, n, dtype) => {
          await useBackend('wasm', { threads: 1 });
          const [x, bias] = [noise<tf.Rank.R2>([rows, k], 3), noise([n], 6)];
          const weight = packMatrix(noise([n, k], 5).dataSync() as Float32Array, n, dtype, 'w');
          await expectSameBits(() => packedLinear(x, weight, bias));
          tf.dispose([x, bias]);
          disposePacked(weight);
        }),
        { numRuns: 8 },
      );
    });

    test('of attention', async () => {
      await fc.assert(
        fc.asyncProperty(
          side(2),
          side(6),
          fc.oneof(side(60), fc.constant(1)),
          side(300),
          fc.boolean(),
          async (b, heads, m, n, masked) => {
            const of = (count: number, seed: number) => noise<tf.Rank.R3>([b, count, 16 * heads], seed);
            const [q, keys, values] = [of(m, 0), of(n, 1), of(n, 2)];
            const mask = masked ? noise<tf.Rank.R4>([b, 1, m, n], 9) : undefined;
            await expectSameBits(() => attention(q, { keys, values }, heads, mask));
            tf.dispose([q, keys, values, ...(mask ? [mask] : [])]);
          },
        ),
        { numRuns: 8 },
      );
    });
  });

  test('the number of threads is reported; after release it is one', async () => {
    expect((await useBackend('wasm', { threads: 2 })).description).toMatch(/, 2 threads$/);
    expect(threadsOf(backend())).toBe(2);
    await releaseBackend();
    expect(threadsOf(backend())).toBe(1);
    expect((await useBackend('wasm', { threads: 1 })).description).toMatch(/, 1 thread$/);
  });

  test('no work is given to threads that are ending', async () => {
    await useBackend('wasm', { threads: 1 });
    let end = () => {};
    const ending = new Promise<void>((resolve) => {
      end = resolve;
    });
    await setThreads(backend(), 2, async () => ({ stop: () => ending }));
    const stopped = setThreads(backend(), 1);
    expect(threadsOf(backend())).toBe(1);
    const x = noise<tf.Rank.R2>([200, 256], 1);
    expect(tf.tidy(() => tf.matMul(x, x, false, true)).shape).toEqual([200, 200]);
    end();
    await stopped;
    expect(threadsOf(backend())).toBe(1);
    x.dispose();
  });

  test.each([0, 1.5, 65, Number.NaN])('%s threads are an error', async (threads) => {
    await expect(useBackend('wasm', { threads })).rejects.toThrow(InvalidInputError);
  });

  test('a failure in any part is an error with its cause; later work succeeds', async () => {
    await useBackend('wasm', { threads: 2 });
    const before = backend().dataIdMap.numDataIds();
    const outside = 2 ** 32 - 64;
    const parts = Array.from({ length: 16 }, () => [['swiGlu', outside, outside, outside, 1024] as const]);
    expect(() => computed(backend(), [1], 0, () => parts)).toThrow(BackendError);
    expect(() => computed(backend(), [1], 0, () => parts)).toThrow(
      /a thread of the wasm backend failed: .*out of bounds/,
    );
    expect(backend().dataIdMap.numDataIds()).toBe(before);
    const x = noise<tf.Rank.R2>([64, 512], 1);
    await expectSameBits(() => tf.matMul(x, x, false, true));
    x.dispose();
  });

  test('work larger than the board is completed, in parts of one call and of thousands', async () => {
    await useBackend('wasm', { threads: 2 });
    const count = 40_000;
    const x = noise<tf.Rank.R1>([count], 1);
    const expected: tf.Tensor = kernelOrFallback(SWIGLU, { gate: x, x }, {}, never);
    for (const calls of [1, count / 8]) {
      const from = addressOf(backend(), x);
      const out = computed(backend(), [count], 0, (to) =>
        Array.from({ length: count / 4 / calls }, (_, part) =>
          Array.from({ length: calls }, (_, call) => {
            const skipped = 16 * (part * calls + call);
            return ['swiGlu', from + skipped, from + skipped, to + skipped, 4] as const;
          }),
        ),
      );
      const bits = Buffer.from(backend().typedArrayFromHeap(out).slice().buffer);
      expect(bits.equals(Buffer.from(expected.dataSync().buffer))).toBe(true);
      backend().disposeData(out.dataId);
    }
    tf.dispose([x, expected]);
  });

  test('threads that cannot be started are an error', async () => {
    await useBackend('wasm', { threads: 1 });
    const failing = () => Promise.reject(new Error('simulated: no more threads'));
    await expect(setThreads(backend(), 2, failing)).rejects.toThrow('simulated');
    expect(threadsOf(backend())).toBe(1);
  });

  test('threads do not keep the process alive', () => {
    const program = `
    import { useBackend } from '../../../backends/index.js';
    import * as tf from '@tensorflow/tfjs-core';
    useBackend('wasm', { threads: 3 }).then(() => {
      const x = tf.ones([256, 256]);
      console.log(tf.matMul(x, x).dataSync()[0]);
    });`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { cwd: import.meta.dirname, encoding: 'utf8', timeout: 50_000 },
    );
    expect([status, stdout, stderr]).toEqual([0, '256\n', '']);
  });
});

describe('shareMemory', () => {
  const binary = () => {
    const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    return new Uint8Array(readFileSync(join(dirname(main), 'tfjs-backend-wasm-simd.wasm')));
  };

  test('changes one bit of a module', () => {
    const [before, after] = [binary(), shareMemory(binary())];
    const changed = [...after.keys()].filter((i) => after[i] !== before[i]);
    expect(changed.map((i) => after[i]! ^ before[i]!)).toEqual([2]);
    expect(WebAssembly.validate(after)).toBe(true);
  });

  test('refuses a module without a memory', () => {
    expect(() => shareMemory(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))).toThrow('no memory');
  });
});
