/** `fourm.json` that contradicts itself or its tokenizers is refused when the model is loaded. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../backends/index.js';
import { loadModel } from '../../../src/api/loading/load-model.js';
import type { ModelPackage } from '../../../src/api/types/package.js';
import { CheckpointError } from '../../../src/errors.js';
import { buildTokenizer } from '../../../src/tokenizers/tokenizer.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxDiffusionConfig, toyboxTokenizerConfig } from '../../../src/toybox/training/tokenizers.js';
import { initialized } from '../../cli/make-tiny-model.js';
import { writeTinyModel } from '../../cli/tiny-model.js';

let folder: string;
beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'fourm-package-'));
});
afterAll(async () => {
  await releaseBackend();
  await rm(folder, { recursive: true });
});

type Modalities = Record<string, Record<string, unknown>>;

/** The shipped model with another `fourm.json`. */
async function packageWith(change: (modalities: Modalities) => void): Promise<string> {
  const copy = await mkdtemp(join(folder, 'model-'));
  await cp('models/toybox', copy, { recursive: true });
  const file = join(copy, 'fourm.json');
  const description = JSON.parse(await readFile(file, 'utf8')) as Omit<ModelPackage, 'modalities'> & {
    modalities: Modalities;
  };
  change(description.modalities);
  await writeFile(file, JSON.stringify(description));
  return copy;
}

const depthValues = (near: number, far: number) => (modalities: Modalities) => {
  modalities.depth!.values = { kind: 'depth', near, far };
};

test.each<[string, (modalities: Modalities) => void, string]>([
  ['a depth range that is turned round', depthValues(20, 11), 'not 20 and 11'],
  ['an empty depth range', depthValues(3, 3), 'not 3 and 3'],
  ['a depth range that begins behind the camera', depthValues(-1, 11), 'not -1 and 11'],
  ['top-p 0', (m) => Object.assign(m.rgb!.decoding as object, { topP: 0 }), 'top-p is above 0'],
  ['a name with a path', (m) => Object.assign(m, { '../x': m.depth }), 'the name of a modality'],
  [
    'depth with the tokenizer of colours',
    (m) => Object.assign(m.depth!, { tokenizer: 'tok_rgb.safetensors' }),
    "the tokenizer of 'depth', tok_rgb.safetensors, does not fit it: it reads 3 channels, and depth has 1",
  ],
  [
    'classes with the tokenizer of depth',
    (m) => Object.assign(m.semseg!, { tokenizer: 'tok_depth.safetensors' }),
    "the tokenizer of 'semseg', tok_depth.safetensors, does not fit it: it has no classes, and classes has ",
  ],
  [
    'depth with the tokenizer of classes',
    (m) => Object.assign(m.depth!, { tokenizer: 'tok_semseg.safetensors' }),
    'classes, and depth has none',
  ],
])('%s is refused', async (_, change, message) => {
  const loading = loadModel(await packageWith(change));
  await expect(loading).rejects.toThrow(CheckpointError);
  await expect(loading).rejects.toThrow(message);
});

test('a tokenizer whose codebook does not match the vocabulary is an error', async () => {
  const copy = await mkdtemp(join(folder, 'tiny-'));
  await writeTinyModel(copy);
  const config = { ...toyboxTokenizerConfig('depth'), codebook_size: 64 };
  await writeFile(join(copy, 'tok_depth.safetensors'), await initialized(buildTokenizer(config).parameters, config));
  await expect(loadModel(copy)).rejects.toThrow("it has 64 codes, and the model 512 tokens of 'tok_depth@64'");
});

test('a modality decoded by diffusion uses the steps of fourm.json', async () => {
  const copy = await mkdtemp(join(folder, 'diffusion-'));
  await writeTinyModel(copy);
  const config = toyboxDiffusionConfig();
  expect(config.dec_type).toBe('unet_toy');
  await writeFile(join(copy, 'tok_rgb.safetensors'), await initialized(buildTokenizer(config).parameters, config));
  const file = join(copy, 'fourm.json');
  const description = JSON.parse(await readFile(file, 'utf8')) as { modalities: Modalities };
  description.modalities.rgb!.diffusionSteps = 2;
  await writeFile(file, JSON.stringify(description));
  const model = await loadModel(copy);
  const { rgb, semseg } = toyboxSample(3, { people: false });
  const steps: number[] = [];
  const onProgress = ({ phase, modality, total }: { phase: string; modality?: string; total: number }) => {
    if (phase === 'detokenizing' && modality === 'rgb') steps.push(total);
  };
  const options = { to: ['rgb'], seed: 1, onProgress } as const;
  const [first, again] = [await model.generate({ semseg }, options), await model.generate({ semseg }, options)];
  expect(Math.max(...steps)).toBe(2);
  expect(first.rgb.values).toMatchObject({ width: 64, height: 64, channels: 3 });
  expect(again.rgb.values.data).toEqual(first.rgb.values.data);
  const [reconstructed] = await model.reconstruct('rgb', [rgb]);
  expect(reconstructed!.tokens.length).toBe(64);
  await model.dispose();
});

test.each<[string, (modalities: Modalities) => void, RegExp]>([
  [
    'edges with the tokenizer of normals',
    (m) => Object.assign(m.sam_edge!, { tokenizer: 'tok_normal.safetensors' }),
    /the tokenizer of 'sam_edge', tok_normal\.safetensors, does not fit it: it reads 3 channels, and edges has 1/,
  ],
  [
    'a feature map with Memcodes',
    (m) => Object.assign(m.clip!, { tokenizer: 'tok_dinov2_global.safetensors' }),
    /tokenizer of 'clip'.*64 codes, and the model 512 tokens/,
  ],
  [
    'an embedding with poses',
    (m) => Object.assign(m.dinov2_global!, { tokenizer: 'tok_human_poses.safetensors' }),
    /tokenizer of 'dinov2_global'.*128 codes, and the model 64 tokens/,
  ],
  [
    'poses with embeddings',
    (m) => Object.assign(m.human_poses!, { tokenizer: 'tok_dinov2_global.safetensors' }),
    /tokenizer of 'human_poses'.*it reads 64 channels, and poses have 207/,
  ],
  [
    'masks with depth',
    (m) => Object.assign(m.sam_instance!, { tokenizer: 'tok_depth.safetensors' }),
    /tokenizer of 'sam_instance'.*it makes 64 tokens of each, and texts have 16/,
  ],
  [
    'features with a text encoder',
    (m) => Object.assign(m.clip!, { network: 't5.safetensors' }),
    /t5\.safetensors: network config, "network": .*"image"/,
  ],
  [
    'a text with an image network',
    (m) => Object.assign(m.t5_caption!, { network: 'clip.safetensors' }),
    /clip\.safetensors: network config, "network": .*"text"/,
  ],
])('in a package of all kinds, %s are refused', async (_, change, message) => {
  const copy = await mkdtemp(join(folder, 'kinds-'));
  await writeTinyModel(copy);
  const file = join(copy, 'fourm.json');
  const about = JSON.parse(await readFile(file, 'utf8')) as { modalities: Modalities };
  change(about.modalities);
  await writeFile(file, JSON.stringify(about));
  await expect(loadModel(copy)).rejects.toThrow(message);
});
