import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeImage, decodeMap } from '../../src/media/decode.js';
import { decodeNpy } from '../../src/media/npy.js';
import { toyboxMetadata } from '../../src/toybox/annotations/metadata.js';
import { toyboxPalette } from '../../src/toybox/annotations/palette.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { toyboxSeed } from '../../src/toybox/splits.js';
import { fourm, spawnFourm, temporaryFolder, until } from './running.js';

test('scenes of a split, each in its own folder, and a sheet of all', async () => {
  const out = join(await temporaryFolder(), 'new', 'folder');
  const args = ['toybox', '--split', 'test', '--index', '7', '--count', '2', '--size', '32', '--out', out];
  expect(await fourm(args)).toMatchObject({ exitCode: 0, out: `${join(out, 'sheet.png')}\n` });
  expect((await readdir(out)).sort()).toEqual(['sheet.png', 'test-7', 'test-8']);

  const sample = toyboxSample(toyboxSeed('test', 8), { size: 32 });
  const file = (name: string) => readFile(join(out, 'test-8', name));
  expect(decodeImage(await file('rgb.png')).data).toEqual(sample.rgb.data);
  expect((await file('caption.txt')).toString()).toBe(`${sample.caption}\n`);
  expect(JSON.parse((await file('det.json')).toString())).toHaveLength(sample.objects.length);
  for (const map of ['depth', 'normal', 'semseg', 'canny_edge', 'sam_edge']) {
    expect(decodeImage(await file(`${map}.png`))).toMatchObject({ width: 32, height: 32 });
  }
  for (const drawing of ['det', 'sam_instance', 'human_poses', 'metadata']) {
    expect(decodeImage(await file(`${drawing}.png`))).toMatchObject({ width: 256, height: 256 });
  }
  expect(decodeNpy(await file('depth.npy'))).toEqual({ shape: [32, 32], data: sample.depth.data });
  expect([...decodeMap(await file('semseg.png')).data]).toEqual([...sample.semseg.data]);
  const json = async (name: string) => JSON.parse((await file(`${name}.json`)).toString());
  expect(await json('human_poses')).toHaveLength(sample.people.length);
  expect(await json('sam_instance')).toHaveLength(sample.objects.length);
  expect(await json('color_palette')).toHaveLength(toyboxPalette(sample).length);
  expect(await json('metadata')).toEqual(toyboxMetadata(sample));
});

test.each([
  [['--seed', '1', '--split', 'test'], /--seed .*cannot be used with option '--split/],
  [['--split', 'tset'], /--split .*Allowed choices are train, validation, test/],
  [['--size', '4'], /--size .*a whole number from 8 to 2048/],
  [['--count', 'many'], /--count .*a whole number, 1 or more/],
  [['--seed', '9007199254740991', '--count', '2'], /--seed 9007199254740991 with --count 2 goes beyond/],
  [['--split', 'test', '--index', '1073741823', '--count', '2'], /index of a test scene .*not 1073741824/],
])('%j is refused', async (args, message) => {
  const outcome = await fourm(['toybox', ...args, '--out', '/dev/null/never']);
  expect(outcome.exitCode).toBe(2);
  expect(outcome.err).toMatch(message);
  expect(outcome.err.trimEnd()).not.toContain('\n');
});

test('--json lists the folders of the scenes', async () => {
  const out = join(await temporaryFolder(), 'scenes');
  const outcome = await fourm(['toybox', '--seed', '3', '--size', '8', '--out', out, '--json']);
  expect(JSON.parse(outcome.out)).toEqual({
    sheet: join(out, 'sheet.png'),
    scenes: [{ folder: join(out, 'seed-3'), seed: 3, caption: toyboxSample(3, { size: 8 }).caption }],
  });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s ends very many scenes at once, with %i', async (signal, code) => {
  const out = join(await temporaryFolder(), 'many');
  const { child, output, ended } = spawnFourm(['toybox', '--count', '1000000000', '--size', '8', '--out', out]);
  await until(() => output.err.includes('drawing'));
  child.kill(signal);
  const { exitCode, err } = await ended;
  expect(exitCode).toBe(code);
  expect(err).toMatch(/\nfourm: drawing, at scene \d+ of 1000000000, was cancelled\n$/);
});
