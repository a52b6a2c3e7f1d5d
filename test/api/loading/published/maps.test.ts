import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../../backends/index.js';
import { loadModel } from '../../../../src/api/loading/load-model.js';
import type { Input, Model } from '../../../../src/api/model.js';
import { encodePng } from '../../../../src/media/encode.js';
import { toyboxSample } from '../../../../src/toybox/sample.js';
import { tinyTokenizerFile, writePublishedFolder } from './tiny-checkpoints.js';

let folder: string;
let model: Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-maps-'));
  await useBackend('wasm');
  await writePublishedFolder(folder, '4M-7_B', {
    '4M_tokenizers_depth_8k_224-448': tinyTokenizerFile('divae__depth__ViTB-UNetP4_8k_224-448_predx0'),
    '4M_tokenizers_semseg_4k_224-448': tinyTokenizerFile('vqvae__semseg_coco__ViTB-ViTB_4k_224-448'),
    '4M_tokenizers_CLIP-B16_8k_224-448': tinyTokenizerFile('vqvae__CLIP-B16__ViTB-ViTB_8k_224-448'),
  });
  model = await loadModel(folder);
});
afterAll(async () => {
  await model.dispose();
  await releaseBackend();
  await rm(folder, { recursive: true });
});

/** Tokens of an untrained model; guidance amplifies the input's effect. */
async function generatedFrom(name: string, input: Input): Promise<number[]> {
  const decoding = { clip: { steps: 1, temperature: 0, guidanceScale: 1e6 } };
  return [...(await model.generate({ [name]: input }, { to: ['clip'], decoding })).clip.tokens];
}

const scene = toyboxSample(3, { size: 64 });
const range = { width: 64, height: 64, channels: 1 };

test('depth as a 16-bit file, and as numbers', async () => {
  const depth = { ...range, data: Uint16Array.from(scene.depth.data, (metres) => 5000 * metres) };
  const expected = await generatedFrom('depth', depth);
  expect(await generatedFrom('depth', encodePng(depth))).toEqual(expected);
  const stripes = { ...depth, data: depth.data.map((_, i) => (i % 8 < 4 ? 0 : 60_000)) };
  expect(await generatedFrom('depth', encodePng(stripes))).not.toEqual(expected);
});

test('classes as a grey file, and as ids', async () => {
  const ids = { ...range, data: Uint8Array.from(scene.semseg.data) };
  const expected = await generatedFrom('semseg', ids);
  expect(await generatedFrom('semseg', encodePng(ids))).toEqual(expected);
  const others = { ...ids, data: ids.data.map((id) => id + 20) };
  expect(await generatedFrom('semseg', encodePng(others))).not.toEqual(expected);
});

test('a map in colour is an error', async () => {
  await expect(generatedFrom('depth', encodePng(scene.rgb))).rejects.toThrow('depth: a map has 1 channels, not 3');
});
