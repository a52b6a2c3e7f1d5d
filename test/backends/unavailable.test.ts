import { afterEach, expect, test, vi } from 'vitest';
import { probeBackends, useBackend } from '../../backends/index.js';
import { BackendUnavailableError } from '../../src/errors.js';

const absent = vi.hoisted(() => () => {
  throw new Error('simulated: the package is not installed');
});
vi.mock('@tensorflow/tfjs-node', absent);
vi.mock('@tensorflow/tfjs-node-gpu', absent);
vi.mock('webgpu', absent);

afterEach(async () => {
  await useBackend('cpu');
});

test.each([
  [
    'node',
    /^backend 'node' needs .*@tensorflow\/tfjs-node 4\.22\.x \(Node 18–22, .*npm install @tensorflow\/tfjs-node@4\.22\.0 — /,
  ],
  [
    'cuda',
    /^backend 'cuda' needs .*@tensorflow\/tfjs-node-gpu 4\.22\.x .*CUDA 11\.2.*npm install @tensorflow\/tfjs-node-gpu@4\.22\.0 — /,
  ],
  ['webgpu', /^backend 'webgpu' needs .*webgpu >= .*npm install webgpu — /],
] as const)("'%s' without its package says which, and how to get it, in one line", async (name, message) => {
  const attempt = useBackend(name);
  await expect(attempt).rejects.toThrow(BackendUnavailableError);
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.not.toThrow(/\n/);
});

test('the probe reports the speed of every available backend, and the reason for others', async () => {
  const names: string[] = [];
  const reports = await probeBackends({ onReport: ({ name }) => names.push(name) });
  expect(names).toEqual(['webgpu', 'cuda', 'node', 'wasm', 'cpu']);
  expect(reports.map(({ works }) => works)).toEqual([false, false, false, true, true]);
  for (const { works, description, gigaflops } of reports) {
    if (works) expect(gigaflops).toBeGreaterThan(0);
    else expect(description).toMatch(/^backend '\w+' needs /);
  }
});
