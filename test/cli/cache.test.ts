import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tinyModelFile } from '../api/loading/published/tiny-checkpoints.js';
import { startHub } from '../hub/hub-server.js';
import { fourm, temporaryFolder } from './running.js';

const ID = 'EPFL-VILAB/4M-7_B_CC12M';
const FILE = tinyModelFile('4M-7_B');

/** A cache with the header of a model on a Hub, and a file of another program beside it. */
async function filledCache(): Promise<string> {
  const cache = await temporaryFolder();
  const { endpoint } = await startHub({ [`${ID}/model.safetensors`]: FILE });
  expect((await fourm(['info', ID, '--endpoint', endpoint, '--cache', cache])).exitCode).toBe(0);
  await writeFile(join(cache, 'mine.txt'), 'mine');
  return cache;
}

async function json(...args: string[]) {
  const { exitCode, out, err } = await fourm(['cache', ...args, '--json']);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  return JSON.parse(out);
}

test('size, list and clear; files of other programs stay', async () => {
  const cache = await filledCache();
  const { bytes } = await json('size', '--cache', cache);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(1.1 * FILE.length);
  const { files } = await json('list', '--cache', cache);
  const sizes: number[] = files.map((file: { bytes: number }) => file.bytes);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(bytes);
  expect(files[0].file).toMatch(new RegExp(`^127\\.0\\.0\\.1_\\d+/${ID}/`));
  expect(await json('clear', '--cache', cache)).toEqual({ cache, deleted: bytes });
  expect(await json('size', '--cache', cache)).toEqual({ cache, bytes: 0 });
  expect(await json('list', '--cache', cache)).toEqual({ cache, files: [] });
  expect(await readFile(join(cache, 'mine.txt'), 'utf8')).toBe('mine');
});

test('as lines, which name the folder', async () => {
  const cache = await filledCache();
  expect((await fourm(['cache', 'size', '--cache', cache])).out).toMatch(/: [\d.]+ [kM]B\n$/);
  const list = await fourm(['cache', 'list', '--cache', cache]);
  expect(list.out).toMatch(/^CACHED +FILE\n[\d.]+ [kM]B +127\.0\.0\.1_\d+\/EPFL-VILAB.*model\.safetensors\n/);
  expect((await fourm(['cache', 'clear', '--cache', cache])).out).toMatch(/deleted\n$/);
});

test('an empty cache, and a folder that does not exist', async () => {
  const cache = join(await temporaryFolder(), 'none');
  expect((await fourm(['cache', 'size', '--cache', cache])).out).toBe(`${cache}: 0 bytes\n`);
  expect((await fourm(['cache', 'clear', '--cache', cache])).exitCode).toBe(0);
  await mkdir(cache);
  expect((await fourm(['cache', 'list', '--cache', cache])).out).toBe('CACHED  FILE\n');
});

test('an unknown action is an error that lists the actions', async () => {
  const outcome = await fourm(['cache', 'purge']);
  expect(outcome.exitCode).toBe(2);
  expect(outcome.err).toMatch(/unknown command 'purge'/);
});
