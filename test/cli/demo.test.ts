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

test('the demo makes the folder, writes a contact sheet, and prints its path', async () => {
  const sheet = join(folder, 'new', 'demo.png');
  const outcome = await fourm(['demo', '--scenes', '1', '--out', sheet, '--model', model, '--backend', 'wasm']);
  expect(outcome).toMatchObject({ exitCode: 0, out: `${sheet}\n` });
  expect(outcome.err).toMatch(/^picture to everything {2}100\/100/m);
  const { width, height } = decodeImage(await readFile(sheet));
  // A scene is six pictures wide and two rows high.
  expect(width).toBeGreaterThan(6 * 256);
  expect(height).toBeGreaterThan(2 * 256);
});
