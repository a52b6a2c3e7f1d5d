import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe } from 'vitest';
import { type BackendName, releaseBackend, useBackend } from '../backends/index.js';

/** Where Debian's package `chromium-common` puts the software Vulkan driver that WebGPU is tested on without a GPU. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** The backends that the tests run on. `FOURM_TEST_BACKENDS=node`, or a list with commas, chooses others. */
export const TEST_BACKENDS = (process.env.FOURM_TEST_BACKENDS ?? 'cpu,wasm,webgpu').split(',') as BackendName[];

/**
 * Runs the same tests on every backend of {@link TEST_BACKENDS}: `onEachBackend((name) => { test('…', …); })`. On WebGPU
 * reading a tensor needs `await x.data()`, tensors must not be empty, and everything is slow: keep shapes tiny.
 */
export function onEachBackend(tests: (name: BackendName) => void): void {
  onBackends([...TEST_BACKENDS], tests);
}

/** The same for some backends only: those of them that are among {@link TEST_BACKENDS}. */
export function onBackends(names: BackendName[], tests: (name: BackendName) => void): void {
  const chosen = names.filter((name) => TEST_BACKENDS.includes(name));
  if (chosen.length === 0) describe.skip(`on ${names}, which FOURM_TEST_BACKENDS leaves out`, () => tests(names[0]!));
  describe.each(chosen)('on %s', (name) => {
    beforeAll(() => startForTests(name));
    afterAll(releaseBackend);
    tests(name);
  });
}

/** Runs a file's tests on one backend, the first of {@link TEST_BACKENDS}: for what does not depend on the backend. */
export function onOneBackend(): void {
  beforeAll(() => startForTests(TEST_BACKENDS[0]!));
  afterAll(releaseBackend);
}

async function startForTests(name: BackendName): Promise<void> {
  if (name !== 'webgpu') {
    await useBackend(name);
    return;
  }
  if (!existsSync('/dev/dri') && existsSync(SWIFTSHADER)) process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  try {
    await useBackend(name);
  } catch (cause) {
    throw new Error(
      'The tests on WebGPU need a GPU or SwiftShader. On Debian: apt-get install chromium libvulkan1. ' +
        'To leave WebGPU out: FOURM_TEST_BACKENDS=cpu,wasm.',
      { cause },
    );
  }
}
