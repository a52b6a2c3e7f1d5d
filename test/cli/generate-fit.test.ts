import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { encodePng } from '../../src/media/encode.js';
import { encodeNpy } from '../../src/media/npy.js';
import { crop, padToSquare, resize } from '../../src/media/resize.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { fourm } from './running.js';
import { writeTinyModel } from './tiny-model.js';

const { rgb, depth } = toyboxSample(1, { size: 96 });
const wide = crop(rgb, 0, 20, 96, 60);

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-fit-'));
  model = join(folder, 'model');
  await useBackend('wasm');
  await writeTinyModel(model);
});
afterAll(() => rm(folder, { recursive: true }));

/** Depth of a picture, and the notes on standard error. */
async function depthOf(picture: Parameters<typeof encodePng>[0], ...options: string[]) {
  const file = join(folder, 'picture.png');
  await writeFile(file, encodePng(picture));
  const args = ['generate', file, '--to', 'depth', '--out', join(folder, 'out'), '--model', model, '--backend', 'wasm'];
  const { exitCode, err } = await fourm([...args, ...options]);
  expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
  return { depth: await readFile(join(folder, 'out', 'depth.npy')), err };
}

describe('a picture that is not square', () => {
  test.each([
    ['crop', crop(wide, 18, 0, 60, 60), "'rgb' has 96 × 60 pixels: only the middle 60 × 60 are used (see --fit)"],
    ['contain', padToSquare(wide), "'rgb' has 96 × 60 pixels: padded with black to a square"],
    ['stretch', resize(wide, 96, 96, 'bicubic'), "'rgb' has 96 × 60 pixels: stretched to a square"],
  ])('--fit %s', async (fit, square, message) => {
    const [fitted, expected] = [await depthOf(wide, '--fit', fit), await depthOf(square)];
    expect(fitted.err).toContain(message);
    expect(expected.err).not.toContain('96 × 60');
    expect(fitted.depth).toEqual(expected.depth);
  });

  test('is cropped by default', async () => {
    expect(await depthOf(wide)).toEqual(await depthOf(wide, '--fit', 'crop'));
  });

  test('very wide pictures are padded and stretched too', async () => {
    const strip = resize(rgb, 4000, 40, 'bicubic');
    for (const fit of ['contain', 'stretch']) expect((await depthOf(strip, '--fit', fit)).err).toContain('4000 × 40');
  });
});

test('a map that is not square: noted, and an error where the picture is padded or stretched', async () => {
  const file = join(folder, 'map.npy');
  const map = crop(depth, 0, 20, 96, 60);
  await writeFile(file, encodeNpy({ shape: [60, 96], data: map.data }));
  const args = ['generate', '--from', `depth=${file}`, '--to', 'normal', '--out', join(folder, 'normal')];
  const cropped = await fourm([...args, '--model', model, '--backend', 'wasm']);
  expect(cropped).toMatchObject({ exitCode: 0, err: expect.stringContaining("'depth' has 96 × 60 pixels: only") });
  const padded = await fourm([...args, '--model', model, '--backend', 'wasm', '--fit', 'contain']);
  expect(padded).toMatchObject({ exitCode: 2, err: expect.stringMatching(/changes the picture only, and 'depth'/) });
});

test('the shipped model notes that it does not know photographs, unless the picture has the size of its scenes', async () => {
  const message = /model 'toybox' was trained on rendered scenes .*--model EPFL-VILAB\/4M-21_B/;
  expect((await depthOf(rgb)).err).toMatch(message);
  expect((await depthOf(toyboxSample(1).rgb)).err).not.toMatch(message);
});
