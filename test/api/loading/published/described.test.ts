/** A published checkpoint that a `fourm.json` describes, with its tokenizers as files beside it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../../backends/index.js';
import { loadModel } from '../../../../src/api/loading/load-model.js';
import { loadTokenizer } from '../../../../src/api/loading/load-tokenizer.js';
import type { Model } from '../../../../src/api/model.js';
import { publishedModalities } from '../../../../src/modalities/published.js';
import { toyboxSample } from '../../../../src/toybox/sample.js';
import { tinyModelFile, tinyTokenizerFile, tinyVectorTokenizerFile, tinyVocabulary } from './tiny-checkpoints.js';

const decoding = { method: 'roar', steps: 1, temperature: 0.01, topP: 0.8, guidanceScale: 2 };
const words = { decoding: { method: 'autoregressive', temperature: 1 } };
const { rgb } = toyboxSample(3);

let folder: string;
let model: Model;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-described-'));
  await useBackend('wasm');
  const files = {
    'model.safetensors': tinyModelFile('4M-21_B'),
    'text.json': JSON.stringify(tinyVocabulary()),
    'clip.safetensors': tinyTokenizerFile('vqvae__CLIP-B16__ViTB-ViTB_8k_224-448'),
    'global.safetensors': tinyVectorTokenizerFile('vqvae__DINOv2-B14-global__BMLP1024-BMLP1024_8k_224', 16),
    'poses.safetensors': tinyVectorTokenizerFile('vqvae__human_poses__BMLP1024-BMLP1024_1k_224', 8),
    'masks.safetensors': tinyTokenizerFile('vqvae__sam_mask__ViTB-ViTB_1k_224_64'),
    'fourm.json': JSON.stringify({
      format: 1,
      name: '4M-21_B',
      model: 'model.safetensors',
      text: 'text.json',
      infos: Object.values(publishedModalities),
      modalities: {
        clip: { kind: 'features', tokens: 'tok_clip@224', tokenizer: 'clip.safetensors', decoding },
        dinov2_global: { kind: 'embedding', tokens: 'tok_dinov2_global', tokenizer: 'global.safetensors', decoding },
        human_poses: { kind: 'poses', tokens: 'human_poses', tokenizer: 'poses.safetensors', ...words },
        sam_instance: { kind: 'instances', tokens: 'sam_instance', tokenizer: 'masks.safetensors', ...words },
        color_palette: { kind: 'palette', tokens: 'color_palette', ...words },
        metadata: { kind: 'metadata', tokens: 'metadata', ...words },
        caption: { kind: 'text', tokens: 'caption', ...words },
        t5_caption: { kind: 'embeddings', tokens: 't5_caption' },
      },
    }),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  model = await loadModel(folder);
});
afterAll(async () => {
  await model.dispose();
  await releaseBackend();
  await rm(folder, { recursive: true, force: true });
});

test('features and embeddings of the published sizes go in and out', async () => {
  const { clip, dinov2_global } = await model.generate({ caption: 'dog' }, { to: ['clip', 'dinov2_global'] });
  expect(clip).toMatchObject({ kind: 'features', values: { width: 14, height: 14, channels: 512 } });
  expect(dinov2_global).toMatchObject({ kind: 'embedding', values: { length: 768 }, tokens: { length: 16 } });
  const back = await model.generate({ clip: clip.values, dinov2_global: dinov2_global.values }, { to: ['metadata'] });
  expect(back.metadata.kind).toBe('metadata');
  // There is no network: a picture is no feature map.
  await expect(model.generate({ clip: rgb }, { to: ['metadata'] })).rejects.toThrow(/\[14, 14, 512\] floats/);
  await expect(model.generate({ t5_caption: 'dog' }, { to: ['metadata'] })).rejects.toThrow(/\[N, 4096\] floats/);
  const vectors = new Float32Array(2 * 4096).fill(0.1);
  expect((await model.generate({ t5_caption: vectors }, { to: ['clip'] })).clip.tokens).toHaveLength(196);
});

test('objects are in a picture of 224 pixels, with masks of the published kind', async () => {
  const mask = Array.from({ length: 16 }, (_, i) => (i < 8 ? `v0=${i}` : `v1=${i}`)).join(' ');
  const given = `[S_1] point v0=100 v1=70 polygon v0=20 v1=30 v2=120 v3=200 ${mask} point v0=1 v1=1 none`;
  const { sam_instance } = await model.generate({ sam_instance: given }, { to: ['sam_instance'] });
  expect(sam_instance).toMatchObject({ size: 224, values: [{ box: { xmin: 20, ymin: 30, xmax: 120, ymax: 200 } }] });
  const [decoded] = sam_instance.values;
  const file = join(folder, 'masks.safetensors');
  const tokenizer = await loadTokenizer(file, { as: 'EPFL-VILAB/4M_tokenizers_sam-instance_1k_64' });
  const published = await tokenizer.detokenize({ tokens: Int32Array.from(decoded!.tokens), grid: [4, 4] });
  expect(decoded!.mask).toEqual(published);
  tokenizer.dispose();
});
