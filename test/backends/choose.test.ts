import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { BACKEND_NAMES, type BackendAdapters, type BackendName } from '../../backends/adapter.js';
import { choose } from '../../backends/choose.js';
import { useBackend } from '../../backends/index.js';
import { unavailable } from '../../backends/unavailable.js';
import { BackendUnavailableError, CancelledError, InvalidInputError } from '../../src/errors.js';

/** Adapters that only record their calls. */
function pretend(works: readonly BackendName[], more: Partial<Record<BackendName, object>> = {}) {
  const calls: string[] = [];
  const adapter = (name: BackendName) => ({
    tfjsName: name,
    async start() {
      calls.push(`start ${name}`);
      if (!works.includes(name)) throw unavailable(name, `a ${name}`, 'install it', 'not here');
      return `a pretended ${name}`;
    },
    async stop() {
      calls.push(`stop ${name}`);
    },
    ...more[name],
  });
  const adapters = Object.fromEntries(BACKEND_NAMES.map((name) => [name, adapter(name)])) as unknown as BackendAdapters;
  return { adapters, calls };
}

test('concurrent starts run one after another, also if one fails', async () => {
  let starting = 0;
  const start = async () => {
    expect(++starting).toBe(1);
    await new Promise((resolve) => setTimeout(resolve));
    starting--;
    return 'started';
  };
  const fails = { start: () => start().then(() => Promise.reject(new TypeError('simulated'))) };
  const { adapters } = pretend(BACKEND_NAMES, { wasm: { start }, cpu: { start }, node: fails });
  const requests = (['wasm', 'node', 'cpu', 'wasm'] as const).map((name) => choose(name, adapters));
  const ended = (await Promise.allSettled(requests)).map(({ status }) => status);
  expect(ended).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});

describe('auto', () => {
  test('selects and returns the first backend that works', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([...BACKEND_NAMES], { minLength: 1 }), async (works) => {
        const { adapters } = pretend(works);
        const best = BACKEND_NAMES.find((name) => works.includes(name));
        expect(await choose('auto', adapters)).toEqual({ name: best, description: `a pretended ${best}` });
      }),
    );
  });

  test('releases a software WebGPU adapter', async () => {
    const { adapters, calls } = pretend(BACKEND_NAMES, { webgpu: { worthKeeping: () => false } });
    expect((await choose('auto', adapters)).name).toBe('cuda');
    expect(calls).toEqual(['start webgpu', 'stop webgpu', 'start cuda']);
  });

  test('does not start a backend that is known to fail', async () => {
    const { adapters, calls } = pretend(['wasm'], { webgpu: { mayWork: () => false } });
    await choose('auto', adapters);
    expect(calls).toEqual(['start cuda', 'start node', 'start wasm']);
  });

  test('the error has the reason of each backend', async () => {
    const attempt = choose('auto', pretend([]).adapters);
    await expect(attempt).rejects.toThrow(BackendUnavailableError);
    await expect(attempt).rejects.toThrow(/backend 'wasm' needs a wasm.*backend 'cpu' needs a cpu/);
  });

  test('rethrows unexpected errors', async () => {
    const bug = new TypeError('a bug');
    const { adapters } = pretend(BACKEND_NAMES, { webgpu: { start: () => Promise.reject(bug) } });
    await expect(choose('auto', adapters)).rejects.toBe(bug);
  });

  test('a signal cancels between attempts', async () => {
    const controller = new AbortController();
    const start = async () => {
      controller.abort();
      throw unavailable('webgpu', 'a GPU', 'buy one', 'not here');
    };
    const { adapters, calls } = pretend(BACKEND_NAMES, { webgpu: { start } });
    await expect(choose('auto', adapters, { signal: controller.signal })).rejects.toThrow(CancelledError);
    expect(calls).toEqual([]);
  });
});

test('an unknown name is an error that lists the names', async () => {
  await expect(useBackend('tpu' as BackendName)).rejects.toThrow(InvalidInputError);
  await expect(useBackend('tpu' as BackendName)).rejects.toThrow(/'tpu'.*auto, webgpu, cuda, node, wasm, cpu/);
});

test('if a backend is unavailable, the previous one stays in use', async () => {
  await useBackend('cpu');
  tf.registerBackend('broken', () => Promise.reject(new Error('broken')));
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const start = async () => {
    await tf.setBackend('broken');
    throw unavailable('webgpu', 'a GPU', 'buy one', 'not here');
  };
  await expect(choose('webgpu', pretend([], { webgpu: { start } }).adapters)).rejects.toThrow(BackendUnavailableError);
  expect(tf.getBackend()).toBe('cpu');
  warn.mockRestore();
});

test('switching backends keeps tensors usable', async () => {
  await useBackend('wasm');
  const x = tf.tensor1d([1, 2, 3]);
  expect(await useBackend('cpu')).toEqual({ name: 'cpu', description: 'plain JavaScript' });
  expect([...(await tf.mul(x, 2).data())]).toEqual([2, 4, 6]);
  await useBackend('wasm');
  await useBackend('wasm');
  expect(tf.getBackend()).toBe('wasm');
  expect([...(await tf.mul(x, 2).data())]).toEqual([2, 4, 6]);
});
