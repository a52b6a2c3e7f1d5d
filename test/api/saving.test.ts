import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadModel } from '../../src/api/loading/load-model.js';
import { InvalidInputError, OutputError } from '../../src/errors.js';
import type { Model, Results } from '../../src/index.js';
import { decodeImage, decodeMap } from '../../src/media/decode.js';
import { decodeNpy } from '../../src/media/npy.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { writeTinyModel } from '../cli/tiny-model.js';
import { onOneBackend } from '../on-backends.js';

onOneBackend();
const to = ['rgb', 'depth', 'semseg', 'caption', 'det'] as const;
let folder: string;
let model: Model;
let results: Results<(typeof to)[number]>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-saving-'));
  await writeTinyModel(join(folder, 'model'));
  model = await loadModel(join(folder, 'model'));
  const steps = { steps: 1 };
  const decoding = { rgb: steps, depth: steps, semseg: steps };
  results = await model.generate({ normal: toyboxSample(3).normal }, { to, decoding });
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);

test('a picture is saved as PNG', async () => {
  expect(await results.rgb.save(at('rgb.png'))).toBe(at('rgb.png'));
  expect(decodeImage(await readFile(at('rgb.png')))).toEqual(results.rgb.toImage());
});

test('a map is saved as numbers or as a drawing, by extension', async () => {
  await results.depth.save(at('depth.NPY'));
  expect(decodeNpy(await readFile(at('depth.NPY')))).toMatchObject({
    shape: [64, 64],
    data: results.depth.values.data,
  });
  await results.depth.save(at('depth.png'));
  expect(decodeImage(await readFile(at('depth.png')))).toEqual(results.depth.toImage());
  await results.semseg.save(at('semseg.png'));
  expect([...decodeMap(await readFile(at('semseg.png'))).data]).toEqual([...results.semseg.values.data]);
});

test('without an extension the readable format is saved, and its name returned', async () => {
  const names = await Promise.all(to.map((name) => results[name].save(at(`usual ${name}`))));
  expect(names).toEqual(
    ['rgb.png', 'depth.npy', 'semseg.png', 'caption.txt', 'det.json'].map((name) => at(`usual ${name}`)),
  );
  expect(await readFile(names[3]!, 'utf8')).toBe(`${results.caption.text}\n`);
  expect(JSON.parse(await readFile(names[4]!, 'utf8'))).toEqual(results.det.objects);
});

test.each([
  ['depth', 'depth.jpg', "kind 'image' is saved as .npy or .png, not .jpg"],
  ['caption', 'caption.png', "kind 'text' is saved as .txt, not .png"],
  ['depth', '', 'takes the path of a file'],
  ['depth', 'folder/', 'takes the path of a file'],
  ['depth', undefined, 'takes the path of a file'],
] as const)('%s as %j is an error, and nothing is written', async (name, path, message) => {
  const before = await readdir(folder);
  const saving = results[name].save(path && join(folder, path) !== folder ? at(path) : (path as never));
  await expect(saving).rejects.toThrow(InvalidInputError);
  await expect(results[name].save(path as never)).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual(before);
});

test('a missing folder is an OutputError', async () => {
  await expect(results.rgb.save(at('none/rgb.png'))).rejects.toThrow(OutputError);
});

test('toBlob gives a PNG; toCanvas is an error without canvases', async () => {
  const blob = results.depth.toBlob();
  expect(blob.type).toBe('image/png');
  expect(new Uint8Array(await blob.arrayBuffer())).toEqual(results.depth.toPng());
  expect(() => results.depth.toCanvas()).toThrow(InvalidInputError);
});
