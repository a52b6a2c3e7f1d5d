import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeImage } from '../../../src/media/decode.js';
import { fourm, spawnFourm, temporaryFolder, until } from '../running.js';

const STEPS = 8;

function training(run: string, ...more: string[]): string[] {
  const size = ['--steps', String(STEPS), '--batch', '1', '--scenes', '8', '--warmup', '4'];
  return ['train', 'tokenizer', 'depth', '--run', run, ...size, '--backend', 'wasm', ...more];
}

test('a run that is killed in the middle and started again has the losses of one that was not', async () => {
  const folder = await temporaryFolder();
  const [unbroken, killed] = [join(folder, 'unbroken'), join(folder, 'killed')];
  const curve = async (run: string) => (await readFile(join(run, 'losses.csv'), 'utf8')).trim().split('\n');

  const { child, ended } = spawnFourm(training(killed, '--checkpoint-minutes', '0.0001'));
  const first = fourm(training(unbroken));
  await until(async () => existsSync(join(killed, 'checkpoint.safetensors')) && (await curve(killed)).length > 3);
  child.kill('SIGKILL');
  expect((await ended).signal).toBe('SIGKILL');
  expect((await curve(killed)).length).toBeLessThan(STEPS + 1);

  expect((await first).exitCode).toBe(0);
  const resumed = await fourm(training(killed));
  expect(resumed.exitCode).toBe(0);
  expect(resumed.err).not.toContain('training  1/8');
  expect(await curve(killed)).toEqual(await curve(unbroken));
  expect(await curve(unbroken)).toHaveLength(STEPS + 1);
});

test('Ctrl-C saves the run, prints how to resume, and exits with 130', async () => {
  const run = join(await temporaryFolder(), 'run');
  const { child, output, ended } = spawnFourm(training(run));
  await until(() => output.err.includes('training  1/8'));
  child.kill('SIGINT');
  const { exitCode, err } = await ended;
  expect(exitCode).toBe(130);
  expect(err).toMatch(/the same command goes on from here\nfourm: training, at step \d of 8, was cancelled\n$/);
  expect((await readdir(run)).sort()).toEqual(['checkpoint.safetensors', 'config.json', 'losses.csv', 'losses.png']);
  expect(decodeImage(await readFile(join(run, 'losses.png'))).width).toBeGreaterThan(100);
});

test('a run is not continued with other settings', async () => {
  const run = join(await temporaryFolder(), 'run');
  expect((await fourm([...training(run), '--steps', '1'])).exitCode).toBe(0);
  const { exitCode, err } = await fourm([...training(run), '--steps', '2']);
  expect(exitCode).toBe(2);
  expect(err).toMatch(/\nfourm: .* holds a run with other settings/);
});
