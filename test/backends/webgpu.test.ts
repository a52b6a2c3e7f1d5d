import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { MAX_FREE_BYTES } from '../../backends/webgpu/buffers.js';
import { rowProgram, type WebGpuBackend } from '../../backends/webgpu/program.js';
import { webgpu } from '../../backends/webgpu.js';
import { BackendError, MemoryError } from '../../src/errors.js';
import { onBackends } from '../on-backends.js';

const program = fileURLToPath(new URL('programs/use-webgpu.ts', import.meta.url));

onBackends(['webgpu'], () => {
  test.each(['release', 'keep'])('WebGPU does not keep the process alive (%s)', async (what) => {
    const run = promisify(execFile)(process.execPath, ['--import', 'tsx', program, what], { timeout: 30_000 });
    expect((await run).stdout.trim()).toBe('3');
  });

  test.each([[[0, 2, 1]], [[2, 0, 1]], [[1, 2, 0]]])('integers are transposed by %s', async (perm) => {
    const values = Array.from({ length: 2 * 3 * 5 }, (_, i) => 7 * i - 40);
    const transposed = (dtype: 'int32' | 'float32') => tf.transpose(tf.tensor3d(values, [2, 3, 5], dtype), perm);
    const [ours, stock] = [transposed('int32'), transposed('float32')];
    expect(ours.shape).toEqual(stock.shape);
    expect([...(await ours.data())]).toEqual([...(await stock.data())]);
  });

  test('memory of disposed tensors is reused or freed', async () => {
    const size = MAX_FREE_BYTES / 4 / 8;
    const memory = () => tf.memory() as unknown as { numBytesInGPU: number; numBytesAllocatedInGPU: number };
    const before = memory().numBytesInGPU;
    const make = async (extra: number) => {
      const x = tf.fill([size + extra], 1);
      const last = tf.slice(x, size + extra - 1);
      x.dispose();
      expect((await last.data())[0]).toBe(1);
      last.dispose();
      const { numBytesInGPU: used, numBytesAllocatedInGPU: allocated } = memory();
      expect(used).toBe(before);
      return allocated - used;
    };
    for (let extra = 0; extra < 12; extra++) expect(await make(extra)).toBeLessThanOrEqual(MAX_FREE_BYTES);
    const kept = await make(11);
    expect(kept).toBeGreaterThan(MAX_FREE_BYTES / 2);
    expect(await make(11)).toBe(kept);
  });

  test('a failure on the device is an error at the next read; later computations succeed', async () => {
    const inside = tf.backend() as unknown as WebGpuBackend & { device: GPUDevice };
    const broken = rowProgram('broken', ['x'], [2], 1, '', () => 'fn main(index : i32) { nothing; }');
    const result = inside.runWebGPUProgram(broken, [tf.ones([2])], 'float32');
    const failing = tf.engine().makeTensorFromTensorInfo(result).data();
    await expect(failing).rejects.toThrow(BackendError);
    await expect(failing).rejects.toThrow(/^WebGPU failed: Error while parsing WGSL/);
    expect([...(await tf.square(tf.tensor1d([2, 3])).data())]).toEqual([4, 9]);

    const error = new GPUOutOfMemoryError('no room');
    inside.device.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error, cancelable: true }));
    await expect(tf.square(tf.tensor1d([2, 3])).data()).rejects.toThrow(MemoryError);
    expect([...(await tf.square(tf.tensor1d([2, 3])).data())]).toEqual([4, 9]);
  });

  test('can be released and started again', async () => {
    const { device } = tf.backend() as unknown as { device: GPUDevice };
    const lost = tf.square(tf.tensor1d([2, 3]));
    device.destroy();
    await expect(lost.data()).rejects.toThrow(BackendError);
    await releaseBackend();
    expect(tf.engine().registry.webgpu).toBeUndefined();
    await useBackend('webgpu');
    expect([...(await tf.square(tf.tensor1d([2, 3])).data())]).toEqual([4, 9]);
  });

  test('a software adapter is reported, and auto does not select it', async () => {
    const { description } = await useBackend('webgpu');
    expect(/swiftshader|llvmpipe/i.test(description)).toBe(webgpu.worthKeeping!() === false);
    expect(description.includes('software')).toBe(webgpu.worthKeeping!() === false);
  });
});

describe('WebGPU that was never started', () => {
  test('can be released', async () => {
    await releaseBackend();
    await releaseBackend();
  });
});
