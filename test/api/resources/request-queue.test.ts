import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { WasmBackend } from '../../../backends/wasm/backend.js';
import { guardMemory } from '../../../backends/wasm/memory.js';
import { loadModel } from '../../../src/api/loading/load-model.js';
import { loadTokenizer } from '../../../src/api/loading/load-tokenizer.js';
import type { GenerationProgress, Inputs, Model } from '../../../src/api/model.js';
import { CancelledError, InvalidInputError } from '../../../src/errors.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { writeTinyModel } from '../../cli/tiny-model.js';
import { onBackends } from '../../on-backends.js';
import { tinyTokenizerFile } from '../loading/published/tiny-checkpoints.js';

const samples = [1, 2, 3, 4].map((seed) => toyboxSample(seed));
const { rgb } = samples[0]!;
/** Dense steps, a text, maps that are read and written: each of its own kind. */
const REQUESTS: readonly [Inputs, Parameters<Model['generate']>[1]][] = [
  [{ rgb: samples[0]!.rgb }, { to: ['depth', 'caption'], seed: 1 }],
  [{ depth: samples[1]!.depth }, { to: ['semseg', 'det'], seed: 2 }],
  [{ caption: 'a red ball' }, { to: ['rgb'], seed: 3 }],
  [
    { semseg: samples[3]!.semseg },
    { to: ['normal'], seed: 4, conditions: [{ inputs: { caption: 'a box' }, weight: 2 }] },
  ],
];

onBackends(['wasm'], () => {
  let folder: string;
  let models: Model[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fourm-concurrent-'));
    await writeTinyModel(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    models = [await loadModel(folder), await loadModel(folder)];
  });
  afterEach(async () => {
    for (const model of models) await model.dispose();
  });

  const tokensOf = (results: object) => Object.entries(results).map(([name, { tokens }]) => [name, [...tokens]]);

  describe('concurrent requests', () => {
    test('to one or two models have the results of sequential requests', async () => {
      const alone: unknown[] = [];
      for (const request of REQUESTS) alone.push(tokensOf(await models[0]!.generate(...request)));
      await models[0]!.release();
      for (const count of [1, 2]) {
        const together = REQUESTS.map((request, i) => models[i % count]!.generate(...request));
        expect((await Promise.all(together)).map(tokensOf)).toEqual(alone);
      }
    });

    test('run one at a time: none reports before the previous one has ended', async () => {
      const told: number[] = [];
      const ended: number[] = [];
      const all = REQUESTS.map(async ([inputs, options], i) => {
        const onProgress = () => {
          told.push(i);
          expect(ended).toEqual(Array.from({ length: i }, (_, before) => before));
        };
        await models[i % 2]!.generate(inputs, { ...options, onProgress });
        ended.push(i);
      });
      await Promise.all(all);
      expect(new Set(told).size).toBe(REQUESTS.length);
    });

    test('that are invalid or fail do not affect others', async () => {
      const [model] = models;
      const options = { to: ['depth'], seed: 1 } as const;
      const expected = (await model!.generate({ rgb }, options)).depth.tokens;
      const onProgress = () => {
        throw new RangeError('simulated');
      };
      const [, first, second, , last] = await Promise.allSettled([
        model!.generate({ rgb }, { ...options, onProgress }),
        model!.generate({ rgb }, options),
        model!.generate({ rgb: Uint8Array.of(1, 2) }, options),
        model!.generate({ smell: 'sweet' }, options),
        model!.generate({ rgb }, options),
      ]);
      expect(second).toMatchObject({ status: 'rejected', reason: { name: 'MediaError' } });
      for (const each of [first, last]) {
        expect(each).toMatchObject({ status: 'fulfilled', value: { depth: { tokens: expected } } });
      }
    });

    test('to models and tokenizers by themselves', async () => {
      const file = join(folder, 'clip-tokenizer.safetensors');
      await writeFile(file, tinyTokenizerFile('vqvae__CLIP-B16__ViTB-ViTB_8k_224-448'));
      const tokenizer = await loadTokenizer(file, { as: 'EPFL-VILAB/4M_tokenizers_CLIP-B16_8k_224-448' });
      const data = Float32Array.from({ length: 196 * 512 }, (_, i) => Math.sin(i));
      const features = { width: 14, height: 14, channels: 512, data };
      const alone = await tokenizer.tokenize(features);
      tokenizer.release();
      const [tokens, , back] = await Promise.all([
        tokenizer.tokenize(features),
        models[0]!.generate({ rgb }, { to: ['depth'] }),
        tokenizer.detokenize(alone),
      ]);
      expect(tokens).toEqual(alone);
      expect(back).toEqual(await tokenizer.detokenize(alone));
      await expect(tokenizer.tokenize(features, undefined, AbortSignal.abort())).rejects.toThrow(CancelledError);
      tokenizer.dispose();
    });
  });

  describe('a signal', () => {
    const wait = { to: ['depth', 'caption'], seed: 1 } as const;
    const words = { to: ['caption'], seed: 1, decoding: { caption: { temperature: 1 } } } as const;

    test('that has fired before the request starts nothing', async () => {
      let reports = 0;
      const signal = AbortSignal.abort();
      const attempt = models[0]!.generate({ rgb }, { ...wait, signal, onProgress: () => reports++ });
      await expect(attempt).rejects.toThrow(CancelledError);
      expect(reports).toBe(0);
    });

    test('that fires while a request waits removes it from the queue at once', async () => {
      const ended: string[] = [];
      const end = (what: string) => () => ended.push(what);
      const controller = new AbortController();
      const onProgress = () => controller.abort();
      const first = models[0]!.generate({ rgb }, { ...wait, onProgress }).then(end('first'));
      const waiting = models[0]!.generate({ rgb }, { ...wait, signal: controller.signal }).catch((error) => {
        end('waiting')();
        expect(error).toBeInstanceOf(CancelledError);
      });
      const behind = models[1]!.generate({ rgb }, { ...wait }).then(end('behind'));
      await Promise.all([first, waiting, behind]);
      expect(ended).toEqual(['waiting', 'first', 'behind']);
    });

    test('that fires between two tokens, or while a picture is read, does not affect other requests', async () => {
      const expected = tokensOf(await models[0]!.generate({ depth: samples[1]!.depth }, words));
      for (const phase of ['reading', 'generating']) {
        const controller = new AbortController();
        const onProgress = (at: GenerationProgress) => {
          if (at.phase === phase && at.done >= 1) controller.abort();
        };
        const [stopped, whole] = await Promise.allSettled([
          models[0]!.generate({ depth: samples[1]!.depth }, { ...words, signal: controller.signal, onProgress }),
          models[0]!.generate({ depth: samples[1]!.depth }, words),
        ]);
        expect(stopped).toMatchObject({ status: 'rejected', reason: { name: 'CancelledError' } });
        expect(whole.status === 'fulfilled' && tokensOf(whole.value)).toEqual(expected);
      }
    });
  });

  describe('a disposed model', () => {
    test('while generating completes the pending requests, and frees everything', async () => {
      const model = await loadModel(folder);
      const expected = (await models[0]!.generate({ rgb }, { to: ['depth'], seed: 1 })).depth.tokens;
      const before = tf.memory().numTensors;
      let disposed: Promise<void> | undefined;
      const generated = await model.generate(
        { rgb },
        {
          to: ['depth'],
          seed: 1,
          onProgress: () => {
            disposed ??= model.dispose();
          },
        },
      );
      expect(generated.depth.tokens).toEqual(expected);
      await disposed;
      expect(tf.memory().numTensors).toBe(before);
    });

    test('rejects later requests', async () => {
      const model = await loadModel(folder);
      await Promise.all([model.dispose(), model.dispose()]);
      const gone = `the model '${model.name}' was disposed of`;
      await expect(model.generate({ rgb }, { to: ['depth'] })).rejects.toThrow(gone);
      await expect(model.reconstruct('rgb', [rgb])).rejects.toThrow(InvalidInputError);
      await expect(model.masks([])).rejects.toThrow(gone);
    });
  });

  test('concurrent requests need the memory of the largest one', async () => {
    const memory = guardMemory(tf.backend() as unknown as WasmBackend);
    const request = [{ rgb }, { to: ['caption'], decoding: { caption: { temperature: 1 } } }] as const;
    const ask = () => models[0]!.generate(...request);
    await ask();
    memory.peak = memory.used;
    await ask();
    const alone = memory.peak;
    memory.peak = memory.used;
    await Promise.all([ask(), ask(), ask(), ask()]);
    expect(memory.peak).toBe(alone);
  });
});
