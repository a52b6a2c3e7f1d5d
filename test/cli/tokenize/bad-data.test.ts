/** Data of a user that cannot be tokenized: refused by the name of the file, or skipped and counted, and nothing is half-written. */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import { readTar } from '../../../src/io/tar.js';
import { encodePng } from '../../../src/media/encode.js';
import { encodeNpy } from '../../../src/media/npy.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { fourm } from '../running.js';
import { writeTinyModel } from '../tiny-model.js';

const scene = toyboxSample(toyboxSeed('test', 0));
const png = encodePng(scene.rgb);

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-bad-'));
  model = join(folder, 'model');
  await useBackend('wasm');
  await writeTinyModel(model);
});
afterAll(() => rm(folder, { recursive: true }));

async function put(root: string, file: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), content);
}

/** A link in place of a file. */
async function link(target: string, path: string): Promise<void> {
  await rm(path, { force: true });
  await symlink(target, path);
}

/** Two pictures, of which the second may be changed. */
async function photos(name: string): Promise<string> {
  const root = join(folder, name);
  for (const one of ['a', 'b']) {
    await put(root, `rgb/park/${one}.png`, png);
    await put(root, `caption/park/${one}.txt`, scene.caption);
    await put(root, `depth/park/${one}.npy`, encodeNpy({ shape: [64, 64], data: scene.depth.data }));
  }
  return root;
}

const tokenize = (root: string, ...more: string[]) =>
  fourm(['tokenize', root, '--out', `${root}-tokens`, '--model', model, '--backend', 'wasm', ...more]);

const withNaN = Float32Array.from(scene.depth.data, (metres, i) => (i === 2000 ? Number.NaN : metres));
/** A header of a picture of 60000 × 60000 pixels. */
const enormous = Uint8Array.from(png);
new DataView(enormous.buffer).setUint32(16, 60_000);
new DataView(enormous.buffer).setUint32(20, 60_000);

test.each<[string, string, (root: string) => Promise<void> | void]>([
  ['an empty caption', 'caption/park/b.txt', (root) => put(root, 'caption/park/b.txt', '')],
  [
    'a caption that is no UTF-8',
    'caption/park/b.txt',
    (root) => put(root, 'caption/park/b.txt', Uint8Array.of(0x61, 0xff, 0xfe, 0x62)),
  ],
  [
    'a caption longer than the model reads',
    'caption/park/b.txt',
    (root) => put(root, 'caption/park/b.txt', 'a red ball and '.repeat(40)),
  ],
  [
    'a depth map with NaN',
    'depth/park/b.npy',
    (root) => put(root, 'depth/park/b.npy', encodeNpy({ shape: [64, 64], data: withNaN })),
  ],
  ['a depth map that is a text', 'depth/park/b.npy', (root) => put(root, 'depth/park/b.npy', 'far away')],
  ['a picture of enormous size', 'rgb/park/b.png', (root) => put(root, 'rgb/park/b.png', enormous)],
  ['a picture of no bytes', 'rgb/park/b.png', (root) => put(root, 'rgb/park/b.png', '')],
  ['a link to itself', 'rgb/park/b.png', (root) => link('b.png', join(root, 'rgb/park/b.png'))],
  ['a link to nothing', 'depth/park/b.npy', (root) => link('nothing.npy', join(root, 'depth/park/b.npy'))],
  ['a caption in JSON with NaN', 'caption/park/b.txt', (root) => put(root, 'caption/park/b.txt', '{"caption": NaN}')],
])(
  '%s is refused by name, or skipped',
  async (what, file, change) => {
    const root = await photos(what.replaceAll(' ', '-'));
    await change(root);
    const stopped = await tokenize(root);
    expect(stopped.exitCode, stopped.err).toBeGreaterThan(0);
    expect(stopped.err).toContain(join(root, file));
    expect(await readdir(`${root}-tokens`)).toEqual(['dataset.json']);
    await rm(`${root}-tokens`, { recursive: true });
    const skipped = await tokenize(root, '--skip-bad');
    expect(skipped, skipped.err).toMatchObject({ exitCode: 0 });
    const named = skipped.err.split('\n').filter((line) => line.startsWith('skipped: '));
    expect(named).toEqual([expect.stringContaining(join(root, file))]);
    expect(skipped.err).toContain('1 of 2 samples skipped');
    const shard = await readFile(join(`${root}-tokens`, 'crop_settings', 'shard-00000.tar'));
    expect(readTar(shard).map(({ name }) => name)).toEqual(['park/a.npy']);
  },
  120_000,
);

test('two files of one modality that differ in their extensions alone are refused', async () => {
  const root = await photos('twice');
  await put(root, 'rgb/park/b.jpg', png);
  const { exitCode, err } = await tokenize(root);
  expect(exitCode).toBe(2);
  expect(err).toMatch(/rgb\/park\/b\.(png and \S*b\.jpg|jpg and \S*b\.png) differ in their extensions alone/);
  expect(await readdir(folder)).not.toContain('twice-tokens');
});

test('a file without a picture is rejected by name, or skipped and counted', async () => {
  const root = await photos('stray');
  await put(root, 'depth/park/z.npy', 'far away');
  const stray = join(root, 'depth/park/z.npy');
  expect(await tokenize(root)).toMatchObject({ exitCode: 2, err: expect.stringContaining(`${stray} has no picture`) });
  const { exitCode, err } = await tokenize(root, '--skip-bad');
  expect(exitCode, err).toBe(0);
  expect(err).toContain(`skipped: ${stray} has no picture`);
  expect(err).toContain('1 files without a picture skipped');
});

test.each([
  ['loop', 'rgb/loop', 'its links lead in a circle'],
  ['nothing', 'rgb/more', 'it is a link to nothing, which does not exist'],
])('a folder that is a link to %s is rejected by name', async (target, at, why) => {
  const root = await photos(`link-to-${target}`);
  await symlink(target, join(root, at));
  const { exitCode, err } = await tokenize(root);
  expect(exitCode).toBe(2);
  expect(err).toContain(`cannot read ${join(root, at)}: ${why}`);
});

test('names with blanks and letters of any script become keys, and pictures at other depths are named', async () => {
  const root = await photos('names');
  for (const [modality, extension] of [
    ['rgb', 'png'],
    ['caption', 'txt'],
    ['depth', 'npy'],
  ])
    await cp(
      join(root, `${modality}/park/a.${extension}`),
      join(root, `${modality}/grüner Park/ein Bild 写真.${extension}`),
    );
  await symlink(join(root, 'caption/park/a.txt'), join(root, 'rgb/notes'));
  await put(root, 'rgb/loose.png', png);
  await put(root, 'rgb/park/deep/a.png', png);
  const { exitCode, err } = await tokenize(root);
  expect(exitCode, err).toBe(0);
  const [deep, loose] = ['rgb/park/deep', 'rgb/loose.png'].map((name) => join(root, name));
  expect(err).toContain(`left out, as not in rgb/<class>/<name>.png: ${deep}, ${loose}\n`);
  const shard = await readFile(join(`${root}-tokens`, 'crop_settings', 'shard-00000.tar'));
  expect(readTar(shard).map(({ name }) => name)).toEqual(['grüner Park/ein Bild 写真.npy', 'park/a.npy', 'park/b.npy']);
});

test('a pipe instead of a picture is rejected without waiting', async () => {
  const root = await photos('pipe');
  await rm(join(root, 'rgb/park/b.png'));
  execFileSync('mkfifo', [join(root, 'rgb/park/b.png')]);
  expect(await tokenize(root)).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('rgb/park/b.png is not a regular file'),
  });
});

test('files in a folder of pictures that are not pictures are named', async () => {
  const root = await photos('others');
  for (const name of ['a.webp', 'notes.txt', 'Thumbs.db', 'x.gif']) await put(root, `rgb/park/${name}`, 'other');
  const { exitCode, err } = await tokenize(root);
  expect(exitCode, err).toBe(0);
  expect(err).toMatch(/left out, as no PNG or JPEG by name: \S+, \S+, \S+ and 1 more\n/);
});

test.each(['', '{"format": 1, "na', '[]'])('a dataset.json that is %j is refused by name', async (content) => {
  const root = await photos(`settings-${content.length}`);
  await put(`${root}-tokens`, 'dataset.json', content);
  const { exitCode, err } = await tokenize(root);
  expect(exitCode, err).toBeGreaterThan(0);
  expect(err).toContain(join(`${root}-tokens`, 'dataset.json'));
});
