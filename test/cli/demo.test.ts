import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
  // Rows of four pairs: four of a scene with all modalities, and one of pictures of texts.
  expect(width).toBeGreaterThan(8 * 256);
  expect(height).toBeGreaterThan(5 * 256);
  expect(height).toBeLessThan(6 * 400);
});

test('what a model lacks is not on the sheet', async () => {
  const small = join(folder, 'small');
  await cp(model, small, { recursive: true });
  const file = join(small, 'fourm.json');
  const about = JSON.parse(await readFile(file, 'utf8')) as { modalities: Record<string, object> };
  const kept = Object.entries(about.modalities).filter(([name]) =>
    ['rgb', 'depth', 'semseg', 'clip', 'caption'].includes(name),
  );
  about.modalities = Object.fromEntries(kept);
  delete (about.modalities.clip as { network?: string }).network;
  await writeFile(file, JSON.stringify(about));
  const sheet = join(folder, 'small.png');
  const outcome = await fourm(['demo', '--scenes', '1', '--out', sheet, '--model', small, '--backend', 'wasm']);
  expect(outcome).toMatchObject({ exitCode: 0 });
  // Two rows of the scene, and one of pictures of texts.
  expect(decodeImage(await readFile(sheet)).height).toBeLessThan(4 * 330);
});
