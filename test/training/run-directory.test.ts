import { spawnSync } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeSafetensors } from '../../src/checkpoints/safetensors-writer.js';
import { CheckpointError, InvalidInputError, OutputError } from '../../src/errors.js';
import { openRunDirectory } from '../../src/training/run-directory.js';
import { testUnless } from '../cannot-run.js';

const SETTINGS = { modality: 'depth', steps: 10 };
const tensor = (value: number) => [{ name: 'weight', shape: [2], data: Float32Array.of(value, -value) }];
const line = (step: number) => ({
  step,
  learningRate: 0.5,
  gradientNorm: step / 4,
  values: { loss: 1 / step, codes: 3 },
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fourm-run-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return join(path, 'run');
}

/** Opens a run that the process before has closed, or died over. */
async function reopened(run: string, settings: unknown = SETTINGS) {
  await rm(join(run, '.lock'), { force: true });
  return openRunDirectory(run, settings);
}

const curveOf = (run: string) => readFile(join(run, 'losses.csv'), 'utf8');

test('a new run has its settings, an empty curve, and no checkpoint', async () => {
  const run = await folder();
  const store = await openRunDirectory(run, SETTINGS);
  expect(await store.resume()).toBeUndefined();
  await store.close();
  expect((await readdir(run)).sort()).toEqual(['config.json', 'losses.csv']);
  expect(JSON.parse(await readFile(join(run, 'config.json'), 'utf8'))).toEqual(SETTINGS);
  expect(await curveOf(run)).toBe('');
});

test('the curve has a header and a line a step', async () => {
  const run = await folder();
  const store = await openRunDirectory(run, SETTINGS);
  await store.resume();
  for (const step of [1, 2]) await store.record(line(step));
  expect(await curveOf(run)).toBe('step,learning_rate,gradient_norm,loss,codes\n1,0.5,0.25,1,3\n2,0.5,0.5,0.5,3\n');
});

test('resumes from the last checkpoint, with the curve truncated to it', async () => {
  const run = await folder();
  const store = await openRunDirectory(run, SETTINGS);
  await store.resume();
  for (const step of [1, 2, 3, 4, 5]) {
    await store.record(line(step));
    if (step === 1 || step === 3) await store.checkpoint(step, tensor(step));
  }
  await appendFile(join(run, 'losses.csv'), '6,0.5,1.');
  const resumed = await (await reopened(run)).resume();
  expect(resumed!.step).toBe(3);
  expect([...((await resumed!.reader.read('weight')) as Float32Array)]).toEqual([3, -3]);
  expect((await curveOf(run)).split('\n').map((row) => row.split(',')[0])).toEqual(['step', '1', '2', '3', '']);
  await store.record(line(4));
  expect((await curveOf(run)).endsWith('\n3,0.5,0.75,0.3333333333333333,3\n4,0.5,1,0.25,3\n')).toBe(true);
});

test('a run without a checkpoint starts its curve again', async () => {
  const run = await folder();
  const store = await openRunDirectory(run, SETTINGS);
  await store.resume();
  await store.record(line(1));
  expect(await (await reopened(run)).resume()).toBeUndefined();
  expect(await curveOf(run)).toBe('');
  await store.record(line(1));
  await store.checkpoint(0, tensor(1));
  expect((await store.resume())!.step).toBe(0);
  expect(await curveOf(run)).toBe('');
});

test('a curve that someone removed does not keep a run from going on', async () => {
  const run = await folder();
  const store = await openRunDirectory(run, SETTINGS);
  await store.checkpoint(2, tensor(1));
  expect((await store.resume())!.step).toBe(2);
});

test('other settings are an error, and nothing is changed', async () => {
  const run = await folder();
  await (await openRunDirectory(run, SETTINGS)).checkpoint(1, tensor(1));
  const opened = reopened(run, { ...SETTINGS, steps: 11 });
  await expect(opened).rejects.toThrow(InvalidInputError);
  await expect(opened).rejects.toThrow(`${run} holds a run with other settings`);
  expect((await (await reopened(run)).resume())!.step).toBe(1);
});

test('a checkpoint that is not of a run is refused', async () => {
  const run = await folder();
  const store = await openRunDirectory(run, SETTINGS);
  const [weight] = tensor(1);
  await writeFile(join(run, 'checkpoint.safetensors'), writeSafetensors([{ ...weight!, dtype: 'F32' }]));
  await expect(store.resume()).rejects.toThrow(CheckpointError);
});

test.each(['-1', '1.5', 'NaN', ''])('a checkpoint of step %j is refused', async (step) => {
  const run = await folder();
  const store = await openRunDirectory(run, SETTINGS);
  const [weight] = tensor(1);
  await writeFile(join(run, 'checkpoint.safetensors'), writeSafetensors([{ ...weight!, dtype: 'F32' }], { step }));
  await expect(store.resume()).rejects.toThrow(/step '.*' \(expected a whole number from 0\)/);
});

test("a run is locked by one process; a killed process's lock is taken over", async () => {
  const run = await folder();
  const store = await openRunDirectory(run, SETTINGS);
  await expect(openRunDirectory(run, SETTINGS)).rejects.toThrow(
    new InvalidInputError(
      `${run} is in use by process ${process.pid}; if that is not so, remove ${join(run, '.lock')}`,
    ),
  );
  await store.close();
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  await writeFile(join(run, '.lock'), `${gone} ${hostname()}\n`);
  await writeFile(join(run, `.checkpoint.safetensors.${gone}-0.tmp`), 'half');
  await (await openRunDirectory(run, SETTINGS)).close();
  expect((await readdir(run)).sort()).toEqual(['config.json']);
  await writeFile(join(run, '.lock'), '1 elsewhere\n');
  await expect(openRunDirectory(run, SETTINGS)).rejects.toThrow(/in use by process 1 on elsewhere/);
});

// Every write to the device /dev/full fails as on a full disk.
const noFullDevice = process.platform === 'linux' ? undefined : 'only Linux has a device that is always full';
testUnless(noFullDevice, 'a full disk is named with the curve that could not be written', async () => {
  const run = await folder();
  const store = await openRunDirectory(run, SETTINGS);
  await store.resume();
  await store.record(line(1));
  await rm(join(run, 'losses.csv'));
  await symlink('/dev/full', join(run, 'losses.csv'));
  const recording = store.record(line(2));
  await expect(recording).rejects.toThrow(`cannot write ${join(run, 'losses.csv')}: no space left on the device`);
  await expect(recording).rejects.toThrow(OutputError);
  await store.close();
});
