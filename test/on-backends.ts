import { afterAll, beforeAll, inject } from 'vitest';
import { type BackendName, releaseBackend, useBackend } from '../backends/index.js';
import { describeUnless } from './cannot-run.js';

/** The backends that the tests run on. `FOURM_TEST_BACKENDS=node`, or a list with commas, chooses others. */
const TEST_BACKENDS = (process.env.FOURM_TEST_BACKENDS ?? 'cpu,wasm,webgpu').split(',') as BackendName[];

/**
 * Runs the same tests on every backend of {@link TEST_BACKENDS}: `onEachBackend((name) => { test('…', …); })`. On WebGPU
 * reading a tensor needs `await x.data()`, tensors must not be empty, and everything is slow: keep shapes tiny.
 */
export function onEachBackend(tests: (name: BackendName) => void): void {
  onBackends([...TEST_BACKENDS], tests);
}

/** The same for some backends only: those of them that are among {@link TEST_BACKENDS}. */
export function onBackends(names: BackendName[], tests: (name: BackendName) => void): void {
  for (const name of names) {
    describeUnless(whyLeftOut(name), `on ${name}`, () => {
      beforeAll(() => useBackend(name));
      afterAll(releaseBackend);
      tests(name);
    });
  }
}

/** Why nothing is tested on a backend, or undefined where it is. */
export function whyLeftOut(name: BackendName): string | undefined {
  if (!TEST_BACKENDS.includes(name)) return `FOURM_TEST_BACKENDS leaves out ${name}`;
  return name === 'webgpu' ? inject('noWebGpu') : undefined;
}

/** Runs a file's tests on one backend, the first of {@link TEST_BACKENDS}: for what does not depend on the backend. */
export function onOneBackend(): void {
  beforeAll(() => useBackend(TEST_BACKENDS[0]!));
  afterAll(releaseBackend);
}
