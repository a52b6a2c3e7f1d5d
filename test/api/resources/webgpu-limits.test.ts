/** A device with the limits that WebGPU guarantees everywhere. Adapters here have higher ones, so they are overridden. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import { randomCheckpoint } from '../../../spec/harness/random-checkpoint.js';
import { codecOf } from '../../../src/api/codecs/published-codec.js';
import { openCheckpoint } from '../../../src/api/loading/checkpoint.js';
import { describePublished } from '../../../src/api/loading/published-package.js';
import { tokenizerFrom } from '../../../src/api/loading/tokenizer.js';
import { Model } from '../../../src/api/model.js';
import { modelParts } from '../../../src/api/resources/model-parts.js';
import { bytesSource } from '../../../src/checkpoints/byte-source.js';
import { countedSource } from '../../../src/checkpoints/counted-source.js';
import { MemoryError } from '../../../src/errors.js';
import { memoryInfo } from '../../../src/nn/kernels/memory-info.js';
import { packedLinear, packedRows, packMatrix } from '../../../src/nn/packed/packed-matrix.js';
import { publishedTokenizer } from '../../../src/tokenizers/published/index.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { buildFourM } from '../../../src/transformer/model.js';
import { withLazyWeights } from '../../../src/transformer/task-weights.js';
import { onBackends } from '../../on-backends.js';
import { expectClose } from '../../vectors.js';
import { tinyTokenizerFile } from '../loading/published/tiny-checkpoints.js';

/** The specification's table of limits, as far as tfjs asks. */
const PROMISED = {
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 28,
  maxComputeWorkgroupSizeX: 256,
  maxComputeInvocationsPerWorkgroup: 256,
};

vi.mock('webgpu', async (original) => {
  const dawn = await original<typeof import('webgpu')>();
  const create = (options: string[]) => {
    const gpu = dawn.create(options);
    const requestAdapter = async (how: GPURequestAdapterOptions) => {
      const adapter = (await gpu.requestAdapter(how))!;
      const { features, info } = adapter;
      const requestDevice = (device: GPUDeviceDescriptor) => adapter.requestDevice(device);
      return { features, info, limits: PROMISED, requestDevice };
    };
    return { requestAdapter };
  };
  return { ...dawn, create };
});

/** A published model of full size, of which nothing is stored and every read is counted. */
async function published(name: string) {
  const manifest = new URL(`../../../spec/vectors/manifests/${name}.json`, import.meta.url);
  const options = { seed: 0, dtype: 'F32' } as const;
  const source = countedSource(randomCheckpoint(JSON.parse(readFileSync(manifest, 'utf8')), options));
  const checkpoint = await openCheckpoint(source);
  const { about, config, infos } = describePublished(name, checkpoint.config, name);
  const parts = modelParts(about, withLazyWeights(buildFourM(config, infos), checkpoint.tensors), {
    local: true,
    text: () => Promise.reject(new Error('no texts here')),
    network: () => Promise.reject(new Error('no networks here')),
    codec: async ({ tokenizer }) => {
      const file = bytesSource(tinyTokenizerFile('vqvae__CLIP-B16__ViTB-ViTB_8k_224-448'), 'clip');
      return codecOf(tokenizerFrom(publishedTokenizer(tokenizer), await openCheckpoint(file)));
    },
  });
  return { model: new Model(parts, () => 0), source };
}

const { rgb } = toyboxSample(3);

onBackends(['webgpu'], () => {
  test('a table above the buffer limit is an error before loading, which suggests f16', async () => {
    expect(memoryInfo()!.largestTensor).toBe(PROMISED.maxStorageBufferBindingSize);
    const { model, source } = await published('4M-21_XL');
    const { reads } = source;
    const attempt = model.generate({ rgb }, { to: ['caption'] });
    await expect(attempt).rejects.toThrow(MemoryError);
    await expect(attempt).rejects.toThrow(
      /^generating caption needs a tensor of 245\.8 MB, and this backend has none above 134\.2 MB; what would fit: loadModel with dtype 'f16'/,
    );
    expect(source.reads).toBe(reads);
  });

  test('as are logits above the buffer limit', async () => {
    const { model, source } = await published('4M-21_B');
    const { reads } = source;
    // 8192 for each of 196 tokens of a sample, with guidance twice.
    const attempt = model.generateMany(Array(11).fill({ rgb }), { to: ['clip'] });
    await expect(attempt).rejects.toThrow(/needs a tensor of 141\.3 MB, .*: 10 of the 11 samples at a time$/);
    expect(source.reads).toBe(reads);
  });

  test.each(['f16', 'int8'] as const)('a table of the same size in %s is accepted', async (dtype) => {
    const [rows, width] = [30_000, 1200];
    expect(4 * rows * width).toBeGreaterThan(PROMISED.maxStorageBufferBindingSize);
    const values = Float32Array.from({ length: rows * width }, (_, i) => ((i * 7919) % 255) - 127);
    const matrix = packMatrix(values, rows, dtype, 'table');
    const indices = Array.from({ length: 5 }, (_, i) => 7499 * i);
    const taken = packedRows(matrix, tf.tensor1d(indices, 'int32'));
    const row = (i: number) => values.subarray(i * width, (i + 1) * width);
    expectClose(await taken.data(), Float32Array.from(indices.flatMap((i) => [...row(i)])), { rtol: 1e-6, atol: 0 });
    const x = Float32Array.from({ length: width }, (_, k) => Math.sin(k) / 1000);
    const product = await packedLinear(tf.tensor2d(x, [1, width]), matrix).data();
    const expected = indices.map((i) => row(i).reduce((sum, value, k) => sum + value * x[k]!, 0));
    expectClose(
      Float32Array.from(indices, (i) => product[i]!),
      Float32Array.from(expected),
      { rtol: 1e-4, atol: 1e-4 },
    );
  });
});
