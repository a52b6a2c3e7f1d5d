import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import type { WasmBackend } from '../../../backends/wasm/backend.js';
import { guardMemory, type WasmMemory } from '../../../backends/wasm/memory.js';
import { codecOf } from '../../../src/api/codecs/published-codec.js';
import { openCheckpoint } from '../../../src/api/loading/checkpoint.js';
import { describePublished } from '../../../src/api/loading/published-package.js';
import { tokenizerFrom } from '../../../src/api/loading/tokenizer.js';
import { Model } from '../../../src/api/model.js';
import { checkRequestFits } from '../../../src/api/resources/check-fits.js';
import { type ModelParts, modelParts } from '../../../src/api/resources/model-parts.js';
import { requestMemory, requestParts } from '../../../src/api/resources/request-need.js';
import type { GenerateOptions } from '../../../src/api/types/options.js';
import { bytesSource } from '../../../src/checkpoints/byte-source.js';
import { type CountedSource, countedSource } from '../../../src/checkpoints/counted-source.js';
import { InvalidInputError, MemoryError } from '../../../src/errors.js';
import { ShapesBackend } from '../../../src/memory/shapes-backend.js';
import { ATTENTION } from '../../../src/nn/kernels/declarations.js';
import { memoryInfo, registerMemoryInfo } from '../../../src/nn/kernels/memory-info.js';
import type { WeightDtype } from '../../../src/nn/packed/packing.js';
import { publishedTokenizer } from '../../../src/tokenizers/published/index.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { buildFourM } from '../../../src/transformer/model.js';
import { withLazyWeights } from '../../../src/transformer/task-weights.js';
import { tinyModelFile, tinyTokenizerFile } from '../loading/published/tiny-checkpoints.js';

const FILES: Record<string, Buffer> = {
  'EPFL-VILAB/4M_tokenizers_semseg_4k_224-448': tinyTokenizerFile('vqvae__semseg_coco__ViTB-ViTB_4k_224-448'),
  'EPFL-VILAB/4M_tokenizers_CLIP-B16_8k_224-448': tinyTokenizerFile('vqvae__CLIP-B16__ViTB-ViTB_8k_224-448'),
};
const { rgb } = toyboxSample(3);

let memory: WasmMemory;
let limit: number;
let model: Model;
let parts: ModelParts;
let sources: CountedSource[];

beforeAll(async () => {
  await useBackend('wasm');
  memory = guardMemory(tf.backend() as unknown as WasmBackend);
  limit = memory.limit;
});
beforeEach(async () => {
  ({ model, parts, sources } = await load());
});
afterEach(async () => {
  memory.limit = limit;
  await model.dispose();
});

/** A model of next to no size, of which every read is counted. */
async function load(dtype?: WeightDtype) {
  const opened: CountedSource[] = [];
  const source = (bytes: Buffer, name: string) => {
    opened.push(countedSource(bytesSource(bytes, name)));
    return openCheckpoint(opened.at(-1)!);
  };
  const checkpoint = await source(tinyModelFile('4M-7_B'), '4M');
  const { about, config, infos } = describePublished('4M', checkpoint.config, '4M');
  const own = modelParts(about, withLazyWeights(buildFourM(config, infos), checkpoint.tensors, dtype), {
    local: true,
    text: () => Promise.reject(new InvalidInputError('no texts here')),
    codec: async ({ tokenizer }) => {
      return codecOf(tokenizerFrom(publishedTokenizer(tokenizer), await source(FILES[tokenizer]!, tokenizer)));
    },
    network: () => Promise.reject(new InvalidInputError('no networks here')),
  });
  return { model: new Model(own, () => 0), parts: own, sources: opened };
}

/** Leaves room for so many bytes. */
function leave(bytes: number): void {
  memory.limit = memory.used + bytes;
}

async function needed(...request: Parameters<typeof requestMemory>): Promise<number> {
  const needs = requestParts((await requestMemory(...request))(request[1].length));
  return Math.max(...needs.map(({ weights, working }) => weights + working));
}

describe('a request that cannot fit', () => {
  test('is rejected before any tensor is read', async () => {
    const bytes = await needed(parts, [{ rgb }], { to: ['clip'] });
    const [before, used] = [sources.map(({ reads }) => reads), memory.used];
    leave(bytes - 1000);
    const attempt = model.generate({ rgb }, { to: ['clip'] });
    await expect(attempt).rejects.toThrow(MemoryError);
    await expect(attempt).rejects.toThrow(
      /^generating clip needs [\d.]+ MB \(weights [\d.]+ kB, working memory [\d.]+ MB\), and there is room for [\d.]+ MB/,
    );
    expect(sources.map(({ reads }) => reads)).toEqual(before);
    expect(memory.used).toBe(used);
  });

  test('fits into exactly the predicted memory', async () => {
    leave(await needed(parts, [{ rgb }], { to: ['clip'] }));
    const { clip } = await model.generate({ rgb }, { to: ['clip'] });
    expect(clip.tokens).toHaveLength(196);
  });

  test('the error suggests a part, which fits', async () => {
    const one = await needed(parts, [{ rgb }], { to: ['clip'] });
    leave(one);
    const attempt = model.generate({ rgb }, { to: ['semseg', 'clip'] });
    await expect(attempt).rejects.toThrow(/what would fit: .*the same without one of semseg\b/);
    const { clip } = await model.generate({ rgb }, { to: ['clip'] });
    expect(clip.tokens).toHaveLength(196);
  });

  test('the error suggests a number of samples, which fits', async () => {
    const samples = Array.from({ length: 4 }, () => ({ rgb }));
    leave(await needed(parts, samples.slice(0, 2), { to: ['clip'] }));
    await expect(model.generateMany(samples, { to: ['clip'] })).rejects.toThrow(/2 of the 4 samples at a time/);
    expect(await model.generateMany(samples.slice(0, 2), { to: ['clip'] })).toHaveLength(2);
  });

  test('is rejected as fast for thousands of samples as for a few', async () => {
    leave(await needed(parts, [{ rgb }], { to: ['clip'] }));
    const kernels = vi.spyOn(ShapesBackend.prototype, 'outputs');
    const runs = [];
    for (const length of [20, 20_000]) {
      kernels.mockClear();
      const samples = Array.from({ length }, () => ({ rgb }));
      await expect(checkRequestFits(parts, samples, { to: ['clip'] })).rejects.toThrow(`1 of the ${length} samples`);
      runs.push(kernels.mock.calls.length);
    }
    kernels.mockRestore();
    expect(runs[1]).toBeLessThan(1.1 * runs[0]!);
  });

  test('the error suggests a type of weights, which fits', async () => {
    const narrow = await load('f16');
    const [whole, half] = [
      await needed(parts, [{ rgb }], { to: ['clip'] }),
      await needed(narrow.parts, [{ rgb }], { to: ['clip'] }),
    ];
    expect(half).toBeLessThan(whole);
    leave(half);
    await expect(model.generate({ rgb }, { to: ['clip'] })).rejects.toThrow(/what would fit: .*dtype 'f16'/);
    expect((await narrow.model.generate({ rgb }, { to: ['clip'] })).clip.tokens).toHaveLength(196);
    await narrow.model.dispose();
  });

  test('the error suggests nothing if nothing fits', async () => {
    leave(1000);
    await expect(model.generate({ rgb }, { to: ['clip'] })).rejects.toThrow(/room for [\d.]+ (kB|bytes)/);
    await expect(model.generate({ rgb }, { to: ['clip', 'semseg'] })).rejects.not.toThrow(/at a time|without|dtype/);
    await expect(model.reconstruct('semseg', [rgb])).rejects.toThrow(MemoryError);
  });
});

describe('weights', () => {
  const loaded = async () => (await parts.parameters()).filter((parameter) => parameter.loaded);

  test('can be released, and are loaded again', async () => {
    const used = memory.used;
    const before = await model.generate({ rgb }, { to: ['clip'] });
    expect(memory.used).toBeGreaterThan(used);
    await model.release();
    expect(await loaded()).toEqual([]);
    expect(memory.used).toBe(used);
    const again = await model.generate({ rgb }, { to: ['clip'] });
    expect(again.clip.tokens).toEqual(before.clip.tokens);
  });

  test('of earlier requests are freed for one that needs their memory', async () => {
    const needs = requestParts((await requestMemory(parts, [{ rgb }], { to: ['semseg'] }))(1));
    const bytes = await needed(parts, [{ rgb }], { to: ['semseg'] });
    await model.generate({ rgb }, { to: ['clip'] });
    const own = (await loaded()).reduce((sum, { size }) => sum + 4 * size, 0);
    memory.limit = memory.used - own + bytes;
    await model.generate({ rgb }, { to: ['semseg'] });
    const kept = new Set(needs.flatMap(({ parameters }) => parameters));
    expect((await loaded()).every((parameter) => kept.has(parameter))).toBe(true);
  });

  test('weights of other models are freed when memory is short, and loaded again when used', async () => {
    const other = await load();
    const ask = (one: Model) => one.generate({ rgb }, { to: ['clip'] });
    const before = (await ask(model)).clip.tokens;
    await model.release();
    leave(await needed(parts, [{ rgb }], { to: ['clip'] }));
    const answers = [await ask(model), await ask(other.model), ...(await Promise.all([ask(model), ask(other.model)]))];
    for (const { clip } of answers) expect(clip.tokens).toEqual(before);
    await other.model.dispose();
  });

  test('of one part of a request are freed for the next part', async () => {
    const used = memory.used;
    const { detokenizing } = (await requestMemory(parts, [{ rgb }], { to: ['clip'] }))(1);
    const { weights, working } = detokenizing[0]!;
    const onProgress: GenerateOptions['onProgress'] = ({ phase, done, total }) => {
      if (phase === 'generating' && done === total) memory.limit = used + weights + working;
    };
    const { clip } = await model.generate({ rgb }, { to: ['clip'], onProgress });
    expect(clip.tokens).toHaveLength(196);
    expect(parts.transformer.parameters.all.filter((parameter) => parameter.loaded)).toEqual([]);
  });

  test('in use are not freed', async () => {
    const running = model.generate({ rgb }, { to: ['clip'], onProgress: () => void model.release() });
    const [first, second] = await Promise.all([running, model.generate({ rgb }, { to: ['clip'] })]);
    expect(first.clip.tokens).toEqual(second.clip.tokens);
  });
});

test('a model works after a request has run out of memory', async () => {
  const before = await model.generate({ rgb }, { to: ['clip', 'semseg'] });
  const [used, tensors] = [memory.used, tf.memory().numTensors];
  const exhausted = model.generate({ rgb }, { to: ['clip', 'semseg'], onProgress: () => leave(0) });
  await expect(exhausted).rejects.toThrow(/no memory for another/);
  expect(memory.used).toBe(used);
  expect(tf.memory().numTensors).toBe(tensors);
  memory.limit = limit;
  const again = await model.generate({ rgb }, { to: ['clip', 'semseg'] });
  expect(again.semseg.tokens).toEqual(before.semseg.tokens);
});

test('the memory of a request follows the backend, and the sizes and settings of the request', async () => {
  const need = async (options: GenerateOptions = { to: ['clip'] }, samples = 1) => {
    const needs = await requestMemory(parts, [{ rgb }], options);
    return needs(samples).generating.working;
  };
  const first = await need();
  expect(await need()).toBe(first);
  expect(await need({ to: ['clip'] }, 2)).toBeGreaterThan(first);
  const guided = (guidanceScale: number) => need({ to: ['clip'], decoding: { clip: { guidanceScale } } });
  expect(await guided(3)).toBeGreaterThan(await guided(1));

  // As a backend with more threads takes more.
  const info = memoryInfo()!;
  const kernels = { ...info.kernels, [ATTENTION]: () => ({ scratch: 1e9 }) };
  registerMemoryInfo(tf.engine().backendName, () => ({ ...info, kernels }));
  expect(await need()).toBeGreaterThan(1e9);
  registerMemoryInfo(tf.engine().backendName, () => info);
  expect(await need()).toBe(first);
});
