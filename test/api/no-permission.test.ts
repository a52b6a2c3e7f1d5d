import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { writeTinyModel } from '../cli/tiny-model.js';

const at = (path: string) => new URL(path, import.meta.url).href;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-no-sys-'));
  await useBackend('wasm');
  await writeTinyModel(join(folder, 'model'));
  await releaseBackend();
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a program that may not ask for facts about the system or read our variables. @returns the last line of its output */
async function run(program: string): Promise<string> {
  const file = join(folder, 'program.mjs');
  await writeFile(file, `import * as fourm from ${JSON.stringify(at('../../src/index.ts'))};\n${program}`);
  const preload = ['--import', at('./no-permission.mjs'), '--import', 'tsx'];
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const { HOME: _, FOURM_CACHE: __, XDG_CACHE_HOME: ___, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [...preload, file], { cwd, env });
  return stdout.trim().split('\n').at(-1)!;
}

test.each(['auto', 'wasm', 'cpu'])('a program without the permissions sys and env generates on %s', async (backend) => {
  const model = JSON.stringify(join(folder, 'model'));
  const out = await run(`
    const model = await fourm.loadModel(${model}, { backend: '${backend}' });
    const image = { width: 64, height: 64, channels: 3, data: new Uint8Array(64 * 64 * 3) };
    const { depth } = await model.generate({ rgb: image }, { to: ['depth'], decoding: { depth: { steps: 1 } } });
    await depth.save(${JSON.stringify(join(folder, 'depth.png'))});
    console.log(depth.tokens.length);
    await fourm.releaseBackend();`);
  expect(out).toBe('64');
});

test('without a home folder, downloads are an error that names FOURM_CACHE', async () => {
  const out = await run(`
    const loading = fourm.loadModel('EPFL-VILAB/4M-21_B', { backend: 'cpu', endpoint: 'http://localhost:9' });
    console.log(await loading.catch((error) => error.name + ': ' + error.message));`);
  expect(out).toMatch(/^InvalidInputError: .*FOURM_CACHE/);
});

test('where the YAML library may not read its variables, the error names the permission', async () => {
  const out = await run(`
    const env = process.env;
    const refuse = (name) => {
      throw Object.assign(new Error('Requires env access to "' + name + '"'), { name: 'NotCapable' });
    };
    process.env = new Proxy(env, { get: (_, name) => (name === 'LOG_STREAM' ? refuse(name) : env[name]) });
    const loading = fourm.loadModel(${JSON.stringify(join(folder, 'model'))}, { backend: 'cpu' });
    console.log(await loading.catch((error) => error.name + ': ' + error.message));`);
  expect(out).toMatch(/^CheckpointError: .*a configuration cannot be read: Requires env access to "LOG_STREAM"/);
});
