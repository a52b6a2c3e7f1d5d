import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { GALLERY, PROGRAMS } from '../../docs/gallery/entries.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import type { Model } from '../../src/api/model.js';
import { ROOT } from '../browser/site.js';
import { writeTinyModel } from '../cli/tiny-model.js';

let folder: string;
let model: Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-gallery-'));
  await useBackend('wasm');
  await writeTinyModel(folder);
  model = await loadModel(folder);
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});

test('every entry has a name of its own, and needs modalities that the toybox has', () => {
  const names = [...GALLERY, ...PROGRAMS].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { modalities } of GALLERY) for (const name of modalities) expect(model.modalities).toContain(name);
});

test('programs of entries exist', async () => {
  for (const { program } of PROGRAMS) await access(join(ROOT, 'examples', program));
});

test('a model that has learned nothing draws a sheet, the same each time', async () => {
  const { draw } = GALLERY.find(({ name }) => name === '08-outpainting')!;
  const sheet = await draw(model);
  expect(sheet.width).toBeGreaterThan(2 * 256);
  expect(new Set(sheet.data).size).toBeGreaterThan(10);
  expect(await draw(model)).toEqual(sheet);
}, 300_000);
