import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import type { Model } from '../../src/api/model.js';
import { loadModelInWorker } from '../../src/client.js';
import { InvalidInputError } from '../../src/errors.js';
import { readSamInstances } from '../../src/modalities/text/sam-instances.js';
import { denseSam, predictEmbeddings, retrieve, superResolve } from '../../src/recipes/index.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import {
  tinyTokenizerFile,
  tinyVectorTokenizerFile,
  writePublishedFolder,
} from '../api/loading/published/tiny-checkpoints.js';

const { rgb } = toyboxSample(3);

const TOKENIZERS = {
  '4M_tokenizers_CLIP-B16_8k_224-448': tinyTokenizerFile('vqvae__CLIP-B16__ViTB-ViTB_8k_224-448'),
  '4M_tokenizers_semseg_4k_224-448': tinyTokenizerFile('vqvae__semseg_coco__ViTB-ViTB_4k_224-448'),
  '4M_tokenizers_sam-instance_1k_64': tinyTokenizerFile('vqvae__sam_mask__ViTB-ViTB_1k_224_64'),
  '4M_tokenizers_DINOv2-B14-global_8k_16_224': tinyVectorTokenizerFile(
    'vqvae__DINOv2-B14-global__BMLP1024-BMLP1024_8k_224',
    16,
  ),
};

let folder: string;
let model: Model;
let sharper: Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-recipes-'));
  await useBackend('wasm');
  for (const manifest of ['4M-21_B', '4M-7-SR_L']) {
    await mkdir(join(folder, manifest));
    await writePublishedFolder(join(folder, manifest), manifest, TOKENIZERS);
  }
  model = await loadModel(join(folder, '4M-21_B'));
  sharper = await loadModel(join(folder, '4M-7-SR_L'));
});
afterAll(async () => {
  for (const each of [model, sharper]) await each?.dispose();
  await releaseBackend();
  await rm(folder, { recursive: true, force: true });
});

describe('super-resolution', () => {
  test('reads results of another model, and generates four times as many tokens, features first', async () => {
    const known = await model.generate({ rgb }, { to: ['clip', 'semseg'] });
    const order = new Set<string>();
    const large = await superResolve(
      sharper,
      { semseg: known.semseg, clip: known.clip, caption: 'dog' },
      { onProgress: ({ phase, modality }) => phase === 'generating' && order.add(modality!) },
    );
    expect([...order]).toEqual(['clip@448', 'semseg@448']);
    expect(Object.keys(large)).toEqual([...order]);
    expect(large['semseg@448']).toMatchObject({ kind: 'image', tokens: { length: 784 }, values: { width: 448 } });
    expect(large['clip@448']).toMatchObject({ kind: 'features', tokens: { length: 784 } });
  });

  test('generates the requested targets, also from inputs under its own names', async () => {
    const { semseg } = await model.generate({ rgb }, { to: ['semseg'] });
    const decoding = { 'clip@448': { steps: 1 } };
    const make = (inputs: object, seed: number) =>
      superResolve(sharper, { ...inputs }, { to: ['clip@448'], decoding, seed });
    const [one, same, other] = [
      await make({ semseg, rgb }, 1),
      await make({ 'semseg@224': semseg, 'rgb@224': rgb }, 1),
      await make({ semseg, rgb }, 2),
    ];
    expect(Object.keys(one)).toEqual(['clip@448']);
    expect(one['clip@448']!.tokens).toEqual(same['clip@448']!.tokens);
    expect(one['clip@448']!.tokens).not.toEqual(other['clip@448']!.tokens);
  });

  test('rejects inputs without a larger resolution, and unknown ones', async () => {
    await expect(superResolve(sharper, { caption: 'dog' })).rejects.toThrow('nothing to enlarge');
    await expect(superResolve(model, { rgb })).rejects.toThrow(InvalidInputError);
    await expect(superResolve(sharper, { rgb, smell: 'sweet' })).rejects.toThrow("unknown modality 'smell'");
  });
});

describe('dense SAM', () => {
  /** A model that answers each sample with an object of a box of its own, the last one broken off. */
  const talkative = (asked: unknown[]): Parameters<typeof denseSam>[0] => ({
    modalities: ['rgb', 'sam_instance'],
    generateMany: (async (samples: readonly unknown[]) => {
      asked.push(...samples);
      return samples.map((_, i) => {
        const mask = Array.from({ length: i === 5 ? 3 : 16 }, () => 'v0=7').join(' ');
        const text = `point v0=1 v1=2 polygon v0=0 v1=0 v2=${10 + i} v3=10 ${mask}`;
        return { sam_instance: { tokens: Int32Array.of(i), text, size: 224, ...readSamInstances(text) } };
      });
    }) as never,
  });

  test('runs the given number of generations, and combines them, largest first', async () => {
    const asked: unknown[] = [];
    const { values, unparsed, tokens } = await denseSam(talkative(asked), { rgb }, { times: 6 });
    expect(asked).toEqual(Array.from({ length: 6 }, () => ({ rgb })));
    expect(values.map(({ box }) => box.xmax)).toEqual([14, 13, 12, 11, 10]);
    expect(unparsed).toBe(8);
    expect([...tokens]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('the generations differ, and masks can be drawn', async () => {
    const decoding = { sam_instance: { temperature: 3 } };
    const one = await denseSam(model, { rgb }, { times: 1, decoding });
    const objects = await denseSam(model, { rgb }, { times: 3, decoding });
    expect(objects.tokens.length).toBeGreaterThan(one.tokens.length);
    expect(objects.text).not.toBe([one.text, one.text, one.text].join(' '));
    expect(objects.drawOn(rgb, await model.masks(objects.values))).toMatchObject({ width: 448, height: 448 });
  });

  test.each([0, 1.5])('rejects a number of passes of %s', async (times) => {
    await expect(denseSam(model, { rgb }, { times })).rejects.toThrow('times must be a whole number above 0');
  });
});

describe('retrieval', () => {
  test('predicts a vector of every sample, which finds itself', async () => {
    const samples = ['dog', 'human pose', 'none'].map((caption) => ({ caption }));
    const gallery = await predictEmbeddings(model, samples);
    expect(gallery.map(({ length }) => length)).toEqual([768, 768, 768]);
    const [again] = await predictEmbeddings(model, samples.slice(1, 2), { seed: 1 });
    expect(again).toHaveLength(768);
    for (const own of gallery) {
      const [first] = retrieve(own, gallery, 1);
      expect(gallery[first!.index]).toEqual(own);
      expect(first!.similarity).toBeCloseTo(1, 5);
    }
  });

  test('averages features over positions', async () => {
    const how = { by: 'clip', seed: 4 };
    const [mean] = await predictEmbeddings(model, [{ caption: 'dog' }], how);
    const decoding = {
      clip: { method: 'roar', steps: 1, temperature: 0.1, temperatureSchedule: 'constant', guidanceScale: 1 },
    } as const;
    const { clip } = await model.generate({ caption: 'dog' }, { to: ['clip'], decoding, seed: 4 });
    expect(mean).toHaveLength(512);
    let first = 0;
    for (let place = 0; place < 196; place++) first += clip.values.data[512 * place]! / 196;
    expect(mean![0]).toBeCloseTo(first, 5);
  });

  test('rejects modalities without embeddings', async () => {
    await expect(predictEmbeddings(model, [{ rgb }], { by: 'semseg' })).rejects.toThrow(
      "'semseg' is image, and no embedding",
    );
  });
});

test('recipes run on a model in a worker, and leave no tensors behind', async () => {
  const worker = new Worker(new URL('../worker/script.mjs', import.meta.url));
  const remote = await loadModelInWorker(worker, join(folder, '4M-7-SR_L'), { backend: 'wasm' });
  const { semseg } = await model.generate({ rgb }, { to: ['semseg'] });
  const how = { seed: 3, decoding: { 'semseg@448': { steps: 1 } } };
  const there = await superResolve(remote, { semseg }, how);
  const before = tf.memory().numTensors;
  const here = await superResolve(sharper, { semseg }, how);
  expect(tf.memory().numTensors).toBe(before);
  expect(there['semseg@448']!.tokens).toEqual(here['semseg@448']!.tokens);
  await worker.terminate();
});
