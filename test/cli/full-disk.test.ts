/** Commands on a disk that fills up: a small one that only the command sees, where a user may mount one (Linux). */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { readTar } from '../../src/io/tar.js';
import { decodeImage } from '../../src/media/decode.js';
import { testUnless } from '../cannot-run.js';
import { fourm } from './running.js';
import { writeTinyModel } from './tiny-model.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const mounting = ['unshare', '--map-root-user', '--mount'];
const cannot = spawnSync(mounting[0]!, [...mounting.slice(1), 'mount', '-t', 'tmpfs', 'none', '/mnt']).status !== 0;
const reason = cannot ? 'this user may not mount a small disk' : undefined;

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let model: string;
let disk: string;
beforeAll(async () => {
  if (cannot) return;
  folder = await mkdtemp(join(tmpdir(), 'fourm-full-'));
  [model, disk] = [join(folder, 'model'), join(folder, 'disk')];
  await mkdir(disk);
  await useBackend('wasm');
  await writeTinyModel(model);
});
afterAll(async () => {
  if (!cannot) await rm(folder, { recursive: true });
});

/** Runs a command on a disk of so many kilobytes at `disk`, whose files are copied into a folder after it. */
function onSmallDisk(kilobytes: number, args: readonly string[], kept: string) {
  const script = `mount -t tmpfs -o size=${kilobytes}k none "$0" && { "$@"; code=$?; cp -r "$0" ${kept}; exit $code; }`;
  const command = [process.execPath, '--import', 'tsx', MAIN, ...args];
  const { status, stderr } = spawnSync(mounting[0]!, [...mounting.slice(1), 'sh', '-c', script, disk, ...command], {
    encoding: 'utf8',
  });
  return { status, err: stderr };
}

async function filesOf(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

testUnless(reason, 'tokenizing names the shard that does not fit, and leaves whole shards alone', async () => {
  const kept = join(folder, 'kept-tokens');
  const tokens = join(disk, 'tokens');
  const args = ['tokenize', 'toybox', '--out', tokens, '--model', model, '--backend', 'wasm', '--count', '4'];
  const { status, err } = onSmallDisk(128, [...args, '--shard-size', '2'], kept);
  expect(status).toBe(1);
  expect(err).toMatch(/cannot write \S*tokens\/[^/]+\/shard-0000\d\.tar: no space left on the device/);
  const files = await filesOf(kept);
  expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([]);
  const shards = files.filter((file) => file.endsWith('.tar'));
  expect(shards.length).toBeGreaterThan(0);
  for (const file of shards) expect(readTar(await readFile(file))).toHaveLength(2);
});

testUnless(reason, 'training names the checkpoint that does not fit, and leaves no part of it', async () => {
  const [kept, data] = [join(folder, 'kept-run'), join(folder, 'data')];
  const text = join(model, 'text.json');
  const making = ['train', 'data', '--out', data, '--tokenizers', model, '--text', text, '--count', '2'];
  expect(await fourm([...making, '--backend', 'wasm'])).toMatchObject({ exitCode: 0 });
  const size = ['--width', '8', '--heads', '2', '--encoder-depth', '1', '--decoder-depth', '1'];
  const short = ['--steps', '1', '--batch', '1', '--input-tokens', '64', '--target-tokens', '128'];
  const run = ['--run', join(disk, 'run'), '--data', data, '--text', text, '--backend', 'wasm'];
  const { status, err } = onSmallDisk(64, ['train', 'model', ...run, ...size, ...short], kept);
  expect(status).toBe(1);
  expect(err).toMatch(/cannot write \S*run\/checkpoint\.safetensors: no space left on the device/);
  expect((await filesOf(kept)).map((file) => file.split('/').at(-1)).sort()).toEqual(['config.json', 'losses.csv']);
});

testUnless(
  reason,
  'an evaluation names the file that does not fit; the report was printed, and other files are whole',
  async () => {
    const kept = join(folder, 'kept-report');
    const args = ['eval', '--model', model, '--backend', 'wasm', '--scenes', '1', '--tasks', 'depth,reconstruction'];
    const { status, err } = onSmallDisk(24, [...args, '--out', join(disk, 'eval.md')], kept);
    expect(status).toBe(1);
    expect(err).toMatch(/cannot write \S*\/eval[^/]*\.(html|png): no space left on the device/);
    const files = await filesOf(kept);
    expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([]);
    for (const file of files) {
      const content = await readFile(file);
      if (file.endsWith('.png')) decodeImage(content);
      if (file.endsWith('.json')) JSON.parse(content.toString());
      if (file.endsWith('.html')) expect(content.toString()).toMatch(/<\/html>\n$/);
    }
    expect(files.map((file) => file.split('/').at(-1))).toContain('eval.md');
  },
);
