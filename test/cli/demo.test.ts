import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { decodeImage } from '../../src/media/decode.js';
import { fourm } from './running.js';
import { writeTinyModel } from './tiny-model.js';

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-demo-'));
  model = join(folder, 'model');
  await useBackend('wasm');
  await writeTinyModel(model);
});
afterAll(() => rm(folder, { recursive: true }));

test('the demo makes the folder, writes a contact sheet, and says where it is', async () => {
  const sheet = join(folder, 'new', 'demo.png');
  const outcome = await fourm(['demo', '--scenes', '1', '--out', sheet, '--model', model, '--backend', 'wasm']);
  expect(outcome).toMatchObject({ exitCode: 0, out: `${sheet}\n` });
  expect(outcome.err).toMatch(/^picture to everything {2}100\/100/m);
  const { width, height } = decodeImage(await readFile(sheet));
  // A scene is six pictures wide and two rows high.
  expect(width).toBeGreaterThan(6 * 256);
  expect(height).toBeGreaterThan(2 * 256);
});

test('the evaluation prints its table and writes it, the figures and the pictures', async () => {
  const out = join(folder, 'figures', 'eval.md');
  const args = ['eval', '--scenes', '2', '--out', out, '--model', model, '--backend', 'wasm'];
  const outcome = await fourm(args);
  expect(outcome.exitCode).toBe(0);
  expect(await readFile(out, 'utf8')).toBe(outcome.out);
  const { scenes, rows } = JSON.parse(await readFile(join(folder, 'figures', 'eval.json'), 'utf8'));
  expect(scenes).toBe(2);
  expect(rows.map((row: { task: string; metric: string }) => `${row.task} ${row.metric}`)).toContain('depth RMSE (m)');
  // A model that has learned nothing is no better than always saying the mean.
  const rmse = rows.find((row: { metric: string }) => row.metric === 'RMSE (m)');
  expect(rmse.model).toBeGreaterThan(rmse.trivial);
  expect(rmse.trivial).toBeGreaterThan(0.2);
  expect(decodeImage(await readFile(join(folder, 'figures', 'eval.png'))).height).toBeGreaterThan(2 * 256);
});
