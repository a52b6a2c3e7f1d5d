/** Every kind of modality on the command line: what is written as a result can be given as an input, and is the same. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import type { Input, Inputs, Model } from '../../src/api/model.js';
import type { Result } from '../../src/api/types/results.js';
import { decodeImage } from '../../src/media/decode.js';
import { encodePng } from '../../src/media/encode.js';
import { encodeNpy } from '../../src/media/npy.js';
import { CAPTION_EMBEDDING_WIDTH } from '../../src/toybox/modalities.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { fourm } from './running.js';
import { writeTinyModel } from './tiny-model.js';

const { rgb, caption } = toyboxSample(1);
const repeated = (word: string, count: number) => Array.from({ length: count }, () => word).join(' ');

/** Ends of texts: an untrained model generates no complete value by itself. */
const ENDS: Readonly<Record<string, string>> = {
  caption: 'a red ball',
  det: 'v0=1 v1=2 v2=30 v3=40 ball',
  metadata: 'v1=0 v0=20 v1=5 v0=2',
  color_palette: 'v0=1 v0=2 v0=3 v0=4 v0=5 v0=6 v0=7 v0=8 v0=9',
  human_poses: `human v0=254 v1=0 v2=761 v3=999 pose ${repeated('v0=5', 8)} global ${repeated('v0=507', 9)} camera ${repeated('v0=100', 3)} shape ${repeated('v0=507', 10)}`,
  sam_instance: `point v0=20 v1=30 polygon v0=10 v1=10 v2=50 v3=50 ${repeated('v0=3', 16)} point v0=1 v1=1 none`,
};

/** The files of each modality, the one that is read back first. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  rgb: ['png'],
  depth: ['npy', 'png'],
  normal: ['png'],
  semseg: ['png'],
  canny_edge: ['png'],
  sam_edge: ['png'],
  clip: ['npy', 'png'],
  dinov2: ['npy', 'png'],
  imagebind: ['npy', 'png'],
  dinov2_global: ['npy', 'png'],
  imagebind_global: ['npy', 'png'],
  caption: ['txt'],
  det: ['json', 'png'],
  metadata: ['json', 'png'],
  color_palette: ['json', 'png'],
  human_poses: ['json', 'png'],
  sam_instance: ['json', 'png'],
};

let folder: string;
let package_: string;
let model: Model;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-generate-kinds-'));
  package_ = join(folder, 'package');
  await useBackend('wasm');
  await writeTinyModel(package_);
  await writeFile(join(folder, 'scene.png'), encodePng(rgb));
  model = await loadModel(package_);
});
afterAll(async () => {
  await model.dispose();
  await releaseBackend();
  await rm(folder, { recursive: true });
});

const path = (...names: string[]) => join(folder, ...names);

function generate(out: string, ...args: string[]) {
  return fourm(['generate', ...args, '--out', path(out), '--model', package_, '--backend', 'wasm']);
}

/** Inputs and targets of one run that generates all but the picture, and of one that generates that. */
const from = Object.entries(ENDS).map(([name, end]) => [name, `[S_1] ${end}`] as const);
const inputs: Inputs = { rgb, ...Object.fromEntries(from) };
const targets = Object.keys(FILES).filter((name) => name !== 'rgb');

/** The values of a result, as they are given. */
function valuesOf(result: Result): Input {
  if (result.kind === 'text') return result.text;
  return result.kind === 'detections' ? result.objects : (result.values as Input);
}

describe('results', () => {
  let results: Record<string, Result>;
  beforeAll(async () => {
    const all = from.flatMap(([name, text]) => ['--from', `${name}=${text}`]);
    expect(await generate('all', path('scene.png'), ...all, '--to', targets.join(','))).toMatchObject({ exitCode: 0 });
    expect(await generate('all', '--text', caption, '--to', 'rgb')).toMatchObject({ exitCode: 0 });
    const picture = await model.generate({ caption }, { to: ['rgb'] });
    results = { ...(await model.generate(inputs, { to: targets })), ...picture };
  });

  test('are written as files of the usual kinds, and drawn', async () => {
    const expected = Object.entries(FILES).flatMap(([name, kinds]) => kinds.map((kind) => `${name}.${kind}`));
    expect((await readdir(path('all'))).sort()).toEqual(expected.sort());
    for (const file of expected.filter((name) => name.endsWith('.png'))) {
      expect(decodeImage(await readFile(path('all', file))).channels).toBe(3);
    }
  });

  test.each(Object.entries(FILES))('%s can be given as it was written', async (name, [kind]) => {
    const to = name === 'depth' ? 'normal' : 'depth';
    const given = `${name}=${path('all', `${name}.${kind}`)}`;
    const { exitCode, out, err } = await generate('again', '--from', given, '--to', to, '--json');
    expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
    const { tokens } = (JSON.parse(out) as { results: Record<string, { tokens: number[] }> }).results[to]!;
    const direct = await model.generate({ [name]: valuesOf(results[name]!) }, { to: [to] });
    expect(tokens).toEqual([...direct[to]!.tokens]);
  });
});

describe('vectors of a text encoder', () => {
  test('are a text, or a file with a row for each token', async () => {
    const data = Float32Array.from({ length: 2 * CAPTION_EMBEDDING_WIDTH }, (_, i) => Math.cos(i));
    await writeFile(path('t5.npy'), encodeNpy({ shape: [2, CAPTION_EMBEDDING_WIDTH], data }));
    expect(await generate('t5', '--from', `t5_caption=${path('t5.npy')}`, '--to', 'depth')).toMatchObject({
      exitCode: 0,
    });
    expect(await generate('t5', '--from', 't5_caption=a red ball', '--to', 'depth')).toMatchObject({ exitCode: 0 });
    const refused = await generate('t5', path('scene.png'), '--to', 't5_caption');
    expect(refused.err).toMatch(/'t5_caption' can only be given/);
  });
});

test('info lists the tokenizer and network of each modality', async () => {
  const { exitCode, out } = await fourm(['info', package_]);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/tok_clip@64 +in +out +image-tokens +64 +512 +tok_clip\.safetensors +clip\.safetensors/);
  expect(out).toMatch(/human_poses +in +out +sequence +80 +\d+ +tok_human_poses\.safetensors/);
  expect(out).toMatch(/t5_caption +in +sequence-embedding +48 +t5\.safetensors/);
});
