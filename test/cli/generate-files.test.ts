/** Files in and out of `fourm generate`: what is written is read, by content, from pipes, and for other programs. */
import { spawn } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { decodeImage, decodeMap } from '../../src/media/decode.js';
import { encodePng } from '../../src/media/encode.js';
import { decodeNpy, encodeNpy } from '../../src/media/npy.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { fourm, type Outcome } from './running.js';
import { writeTinyModel } from './tiny-model.js';

let folder: string;
let model: string;
let scene: string;
const sample = toyboxSample(1);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-files-'));
  [model, scene] = [join(folder, 'model'), join(folder, 'scene.png')];
  await useBackend('wasm');
  await writeTinyModel(model);
  await writeFile(scene, encodePng(sample.rgb));
});
afterAll(() => rm(folder, { recursive: true }));

const command = (out: string, ...args: string[]) => [
  'generate',
  ...args,
  '--out',
  out === '-' ? '-' : join(folder, out),
  '--model',
  model,
  '--backend',
  'wasm',
];

/** Runs a command that must succeed, and gives the tokens of what was generated. */
async function tokensOf(...args: string[]): Promise<Record<string, number[]>> {
  const outcome = await fourm([...command('tokens', ...args), '--json']);
  expect(outcome).toMatchObject({ exitCode: 0 });
  const { results } = JSON.parse(outcome.out) as { results: Record<string, { tokens: number[] }> };
  return Object.fromEntries(Object.entries(results).map(([name, { tokens }]) => [name, tokens]));
}

async function file(name: string, content: Uint8Array | string): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe('depth', () => {
  test('in floats, millimetres of 16 bits, and 8 bits from near to far', async () => {
    const { width, height, data } = sample.depth;
    const metres = await file('metres.npy', encodeNpy({ shape: [height, width], data }));
    const expected = await tokensOf('--from', `depth=${metres}`, '--to', 'normal');
    const millimetres = Float32Array.from(data, (x) => Math.round(1000 * x));
    const png = encodePng({ width, height, channels: 1, data: Uint16Array.from(millimetres) });
    expect(await tokensOf('--from', `depth=${await file('mm.png', png)}`, '--to', 'normal')).toEqual(
      await tokensOf(
        '--from',
        `depth=${await file('mm.npy', encodeNpy({ shape: [height, width], data: millimetres.map((x) => Math.fround(x / 1000)) }))}`,
        '--to',
        'normal',
      ),
    );
    const grey = encodePng({ width, height, channels: 1, data: Uint8Array.from(data, (x) => 20 * x) });
    expect(Object.keys(await tokensOf('--from', `depth=${await file('grey.png', grey)}`, '--to', 'normal'))).toEqual(
      Object.keys(expected),
    );
  });
});

test('written files can be read: maps, ids, texts and boxes', async () => {
  const targets = ['depth', 'semseg', 'normal', 'caption', 'det'];
  expect((await fourm(command('all', scene, '--to', targets.join(',')))).exitCode).toBe(0);
  const written = (name: string) => join(folder, 'all', name);
  const ids = decodeMap(await readFile(written('semseg.png')));
  expect(ids.channels).toBe(1);
  expect(decodeImage(await readFile(written('semseg.png'))).channels).toBe(3);
  const { shape, data } = decodeNpy(await readFile(written('depth.npy')));
  expect(shape).toEqual([64, 64]);
  expect(data.every(Number.isFinite)).toBe(true);
  const files = ['depth=depth.npy', 'semseg=semseg.png', 'normal=normal.png', 'caption=caption.txt', 'det=det.json'];
  for (const entry of files) {
    const [name, path] = entry.split('=') as [string, string];
    const text = path.endsWith('.txt') ? (await readFile(written(path), 'utf8')).trim() : '';
    if (path.endsWith('.txt') && text === '') continue; // a model that has learned nothing may generate no word
    const target = name === 'semseg' ? 'depth' : 'semseg';
    const outcome = await fourm(command(`again-${name}`, '--from', `${name}=${written(path)}`, '--to', target));
    expect(outcome, `${entry}: ${outcome.err}`).toMatchObject({ exitCode: 0 });
  }
});

test('a caption in a file is read, not taken as its path', async () => {
  const path = await file('words.txt', 'a red ball\n');
  expect(await tokensOf('--from', `caption=${path}`, '--to', 'depth')).toEqual(
    await tokensOf('--text', 'a red ball', '--to', 'depth'),
  );
});

test.each([
  ['--from', ['--from', 'caption=a ball', '--from', 'caption=a box'], "'caption' is given twice"],
  ['--text', ['--text', 'a ball', '--text', 'a box'], '--text is given twice'],
  ['--text and --from', ['--text', 'a ball', '--from', 'caption=a box'], "'caption' is given twice"],
])('a text that is given twice with %s is an error', async (_, args, message) => {
  const outcome = await fourm(command('twice', ...args, '--to', 'depth'));
  expect(outcome).toMatchObject({ exitCode: 2, err: expect.stringContaining(message) });
});

test.each(['__proto__', 'constructor', 'toString'])('a modality called %s is unknown', async (name) => {
  const outcome = await fourm(command('unknown', '--from', `${name}=x`, '--to', 'depth'));
  expect(outcome).toMatchObject({ exitCode: 2, err: expect.stringContaining(`unknown modality '${name}'`) });
});

test.each([
  ['empty', '', "'caption' is empty"],
  ['unknown', 'xyzzy', 'no word of the model\'s vocabulary: "xyzzy"'],
  ['too long', 'ball '.repeat(300), "'caption' takes at most"],
])('a text that is %s is an error', async (_, text, message) => {
  const outcome = await fourm(command('refused', '--text', text, '--to', 'depth'));
  expect(outcome).toMatchObject({ exitCode: 2, err: expect.stringContaining(message) });
  expect(await readdir(folder)).not.toContain('refused');
});

test('the format of a picture is detected by its content', async () => {
  await copyFile(scene, join(folder, 'noext'));
  await copyFile(scene, join(folder, 'wrong.txt'));
  const expected = await tokensOf(scene, '--to', 'depth');
  for (const path of ['noext', 'wrong.txt']) {
    expect(await tokensOf('--from', `rgb=${join(folder, path)}`, '--to', 'depth')).toEqual(expected);
  }
});

test.each([
  ['/dev/zero', /^fourm: \/dev\/zero: not a PNG or JPEG file/],
  ['none.png', /^fourm: no such file: none\.png/],
])('%s is refused at once', async (path, message) => {
  const outcome = await fourm(command('refused', path, '--to', 'depth'));
  expect(outcome.err).toMatch(message);
  expect(await readdir(folder)).not.toContain('refused');
});

/** Runs a command line in a process of its own, with something on its standard input. */
function piped(args: readonly string[], input: Uint8Array): Promise<Omit<Outcome, 'out'> & { out: Buffer }> {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args]);
  const out: Buffer[] = [];
  let err = '';
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode: exitCode!, out: Buffer.concat(out), err }));
  });
}

describe('pipes', () => {
  test('reads a picture from the standard input, and writes a result to the standard output', async () => {
    const { exitCode, out } = await piped(command('-', '-', '--to', 'semseg'), await readFile(scene));
    expect(exitCode).toBe(0);
    expect(decodeMap(out)).toMatchObject({ width: 64, height: 64, channels: 1 });
  });

  test.each([
    [['-', '--to', 'depth,rgb'], '-', /--out - writes a single modality/],
    [['-', '--text', '-', '--to', 'depth'], 'x', /- stands for 'caption' and 'rgb', and can be read once/],
    [['-', '--to', 'depth'], 'x', /there is no standard input/],
  ])('%j to %s is refused', async (args, out, message) => {
    const outcome = await fourm(command(out, ...args));
    expect(outcome).toMatchObject({ exitCode: 2 });
    expect(outcome.err).toMatch(message);
  });
});

test('--json lists the results and their files', async () => {
  const outcome = await fourm([...command('json', scene, '--to', 'depth,caption'), '--json']);
  const report = JSON.parse(outcome.out);
  expect(report).toMatchObject({
    backend: 'wasm',
    seed: 0,
    results: {
      depth: { kind: 'image', files: [join(folder, 'json', 'depth.npy'), join(folder, 'json', 'depth.png')] },
      caption: { kind: 'text', files: [join(folder, 'json', 'caption.txt')] },
    },
  });
  expect(report.results.depth.tokens).toHaveLength(64);
  expect(typeof report.results.caption.text).toBe('string');
});

test('a file that cannot be written is an error before the work', async () => {
  await mkdir(join(folder, 'taken/depth.npy'), { recursive: true });
  const outcome = await fourm(command('taken', scene, '--to', 'depth'));
  expect(outcome).toMatchObject({
    exitCode: 1,
    err: `fourm: cannot write ${join(folder, 'taken/depth.npy')}: it is a folder\n`,
  });
});

test.each(['../x', 'a/b', '.', 'a\\b'])("the modality '%s' of a model is written nowhere", async (name) => {
  const strange = join(folder, 'strange');
  await cp(model, strange, { recursive: true });
  const about = JSON.parse(await readFile(join(model, 'fourm.json'), 'utf8'));
  about.modalities[name] = about.modalities.depth;
  await writeFile(join(strange, 'fourm.json'), JSON.stringify(about));
  const args = [
    'generate',
    scene,
    '--to',
    name,
    '--out',
    join(folder, 'inside'),
    '--model',
    strange,
    '--backend',
    'wasm',
  ];
  const outcome = await fourm(args);
  expect(outcome.exitCode).not.toBe(0);
  expect(outcome.err).toContain(name);
  expect((await readdir(folder)).filter((entry) => entry === 'inside' || entry.startsWith('x.'))).toEqual([]);
});
