import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeImage } from '../../src/media/decode.js';
import { encodePng } from '../../src/media/encode.js';
import { decodeNpy } from '../../src/media/npy.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import {
  tinyTokenizerFile,
  tinyVectorTokenizerFile,
  writePublishedFolder,
} from '../api/loading/published/tiny-checkpoints.js';
import { fourm } from './running.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-generate-values-'));
  await writePublishedFolder(folder, '4M-21_B', {
    '4M_tokenizers_sam-instance_1k_64': tinyTokenizerFile('vqvae__sam_mask__ViTB-ViTB_1k_224_64'),
    '4M_tokenizers_DINOv2-B14-global_8k_16_224': tinyVectorTokenizerFile(
      'vqvae__DINOv2-B14-global__BMLP1024-BMLP1024_8k_224',
      16,
    ),
  });
  await writeFile(join(folder, 'scene.png'), encodePng(toyboxSample(1).rgb));
});
afterAll(() => rm(folder, { recursive: true }));

function generate(out: string, ...args: string[]) {
  return fourm(['generate', ...args, '--out', join(folder, out), '--model', folder, '--backend', 'wasm']);
}

async function json(...path: string[]): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, ...path), 'utf8'));
}

test('values are written as JSON, with drawings', async () => {
  const mask = Array.from({ length: 16 }, () => 'v0=3').join(' ');
  const given = [
    ['color_palette', '[S_1] v0=1 v0=2 v0=3 v0=4 v0=5 v0=6 v0=7 v0=8 v0=9'],
    ['metadata', '[S_1] v1=0 v0=20 v1=5 v0=2'],
    ['sam_instance', `[S_1] point v0=9 v1=8 polygon v0=0 v1=10 v2=100 v3=200 ${mask} point v0=1 v1=1 none`],
  ];
  const from = given.flatMap(([name, text]) => ['--from', `${name}=${text}`]);
  const to = 'color_palette,metadata,sam_instance,dinov2_global';
  const outcome = await generate('values', join(folder, 'scene.png'), ...from, '--to', to);
  expect(outcome).toMatchObject({ exitCode: 0 });
  const drawnToo = ['color_palette', 'metadata', 'sam_instance'].flatMap((name) => [`${name}.json`, `${name}.png`]);
  const all = [...drawnToo, 'dinov2_global.npy', 'dinov2_global.png'].sort();
  expect((await readdir(join(folder, 'values'))).sort()).toEqual(all);
  expect(await json('values', 'metadata.json')).toMatchObject({ original_width: 640, n_humans: 2 });
  const colours = (await json('values', 'color_palette.json')) as number[][];
  expect(colours.length).toBeGreaterThanOrEqual(2);
  expect(await readFile(join(folder, 'values', 'color_palette.json'), 'utf8')).toMatch(/^ {2}\[\d+, \d+, \d+\],?$/m);
  const bars = decodeImage(await readFile(join(folder, 'values', 'color_palette.png')));
  expect([...bars.data.subarray(0, 3)]).toEqual(colours[0]);
  expect(await json('values', 'sam_instance.json')).toEqual([
    { box: { xmin: 0, ymin: 10, xmax: 100, ymax: 200 }, tokens: new Array(16).fill(3), point: { x: 8, y: 9 } },
  ]);
  const drawn = decodeImage(await readFile(join(folder, 'values', 'sam_instance.png')));
  expect(drawn).toMatchObject({ width: 448, height: 448 });
  const vector = decodeNpy(await readFile(join(folder, 'values', 'dinov2_global.npy')));
  expect(vector).toMatchObject({ shape: [768] });
});

test('written files can be inputs', async () => {
  await writeFile(join(folder, 'facts.json'), JSON.stringify({ n_humans: 2 }));
  const from = ['--from', `metadata=${join(folder, 'facts.json')}`];
  expect(await generate('again', ...from, '--to', 'dinov2_global')).toMatchObject({ exitCode: 0 });
  const vector = `dinov2_global=${join(folder, 'values', 'dinov2_global.npy')}`;
  expect(await generate('again', '--from', vector, '--to', 'metadata')).toMatchObject({ exitCode: 0 });
  await writeFile(join(folder, 'wrong.json'), '{"humans": 2}');
  const wrong = ['--from', `metadata=${join(folder, 'wrong.json')}`];
  expect((await generate('again', ...wrong, '--to', 'dinov2_global')).err).toMatch(/unknown metadata 'humans'/);
  await writeFile(join(folder, 'broken.json'), '{');
  const broken = ['--from', `metadata=${join(folder, 'broken.json')}`];
  expect((await generate('again', ...broken, '--to', 'dinov2_global')).err).toMatch(/broken\.json is not JSON/);
});

test('a super-resolution model reads the smaller size and writes the larger', async () => {
  const model = join(folder, 'sharper');
  await mkdir(model);
  await writePublishedFolder(model, '4M-7-SR_L', {
    '4M_tokenizers_semseg_4k_224-448': tinyTokenizerFile('vqvae__semseg_coco__ViTB-ViTB_4k_224-448'),
  });
  const out = join(folder, 'large');
  const names = ['--from', 'rgb@224', '--to', 'semseg@448', '--model', model, '--out', out, '--backend', 'wasm'];
  expect(await fourm(['generate', join(folder, 'scene.png'), ...names])).toMatchObject({ exitCode: 0 });
  expect(decodeImage(await readFile(join(out, 'semseg@448.png')))).toMatchObject({ width: 448, height: 448 });
});
