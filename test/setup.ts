import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { ensureGenerated } from '../scripts/generated.mjs';
import { findBrowser, unpackChromium } from './browser/chromium.js';
import type {} from './cannot-run.js';
import type {} from './made-once.js';

/**
 * Once before all test files: the generated modules that the sources import, a folder for files that several test files need, a
 * browser, and a driver for WebGPU.
 *
 * @returns called after all test files
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensureGenerated();
  const browser = await findBrowser();
  project.provide('noBrowser', typeof browser === 'string' ? browser : undefined);
  project.provide('noWebGpu', await prepareWebGpu());
  const scratch = await mkdtemp(join(tmpdir(), 'fourm-tests-'));
  project.provide('scratch', scratch);
  return () => rm(scratch, { recursive: true, force: true });
}

/**
 * Without a GPU, Dawn is given SwiftShader; the processes of the tests inherit the environment.
 * @returns why WebGPU cannot be tested here
 */
async function prepareWebGpu(): Promise<string | undefined> {
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  const hasGpu = process.platform !== 'linux' || existsSync('/dev/dri');
  if (hasGpu && adapterIsFound()) return undefined;
  const unpacked = await unpackChromium();
  if (unpacked !== undefined) {
    process.env.VK_DRIVER_FILES = unpacked.vulkanDriver;
    process.env.LD_LIBRARY_PATH = [unpacked.folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
    return undefined;
  }
  return adapterIsFound()
    ? undefined
    : `WebGPU in Node finds no GPU, and there is no software driver for ${process.platform}-${process.arch}`;
}

function adapterIsFound(): boolean {
  const program = fileURLToPath(new URL('backends/programs/find-adapter.mjs', import.meta.url));
  return spawnSync(process.execPath, [program], { timeout: 30_000 }).status === 0;
}
