import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeImage } from '../../src/media/decode.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { toyboxSeed } from '../../src/toybox/splits.js';
import { fourm, temporaryFolder } from './running.js';

test('scenes of a part, each in a folder of its own, and a sheet of them all', async () => {
  const out = join(await temporaryFolder(), 'new', 'folder');
  const args = ['toybox', '--split', 'test', '--index', '7', '--count', '2', '--size', '32', '--out', out];
  expect(await fourm(args)).toMatchObject({ exitCode: 0, out: `${join(out, 'sheet.png')}\n` });
  expect((await readdir(out)).sort()).toEqual(['sheet.png', 'test-7', 'test-8']);

  const sample = toyboxSample(toyboxSeed('test', 8), { size: 32 });
  const file = (name: string) => readFile(join(out, 'test-8', name));
  expect(decodeImage(await file('rgb.png')).data).toEqual(sample.rgb.data);
  expect((await file('caption.txt')).toString()).toBe(`${sample.caption}\n`);
  expect(JSON.parse((await file('det.json')).toString())).toHaveLength(sample.objects.length);
  for (const map of ['depth', 'normal', 'semseg']) {
    expect(decodeImage(await file(`${map}.png`))).toMatchObject({ width: 32, height: 32 });
  }
});

test.each([
  [['--seed', '1', '--split', 'test'], /--seed .*cannot be used with option '--split/],
  [['--split', 'tset'], /--split .*Allowed choices are train, validation, test/],
  [['--size', '4'], /--size .*a whole number from 8 to 2048/],
  [['--count', 'many'], /--count .*a whole number, 1 or more/],
])('%j is refused', async (args, message) => {
  const outcome = await fourm(['toybox', ...args, '--out', '/dev/null/never']);
  expect(outcome.exitCode).toBe(2);
  expect(outcome.err).toMatch(message);
  expect(outcome.err.trimEnd()).not.toContain('\n');
});
