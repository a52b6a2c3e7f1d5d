import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../../backends/index.js';
import type { WasmBackend } from '../../../../backends/wasm/backend.js';
import { guardMemory } from '../../../../backends/wasm/memory.js';
import { tokenizerMemory } from '../../../../src/api/codecs/codec.js';
import { openCheckpoint } from '../../../../src/api/loading/checkpoint.js';
import { loadTokenizer } from '../../../../src/api/loading/load-tokenizer.js';
import { tokenizerFrom } from '../../../../src/api/loading/tokenizer.js';
import { bytesSource } from '../../../../src/checkpoints/byte-source.js';
import { InvalidInputError, MemoryError } from '../../../../src/errors.js';
import { weightBytes } from '../../../../src/memory/computation.js';
import { publishedTokenizer } from '../../../../src/tokenizers/published/index.js';
import { sendRange, serve, startHub } from '../../../hub/hub-server.js';
import { tinyModelFile, tinyTokenizerFile } from './tiny-checkpoints.js';

const ID = 'EPFL-VILAB/4M_tokenizers_CLIP-B16_8k_224-448';
const file = tinyTokenizerFile('vqvae__CLIP-B16__ViTB-ViTB_8k_224-448');
const features = { width: 14, height: 14, channels: 512, data: new Float32Array(196 * 512).map((_, i) => Math.sin(i)) };

beforeAll(() => useBackend('wasm'));
afterAll(releaseBackend);

async function cache(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fourm-tokenizer-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('from the Hub: data to tokens and back; disposing frees the weights', async () => {
  const hub = await startHub({ [`${ID}/model.safetensors`]: file });
  const before = tf.memory().numTensors;
  const tokenizer = await loadTokenizer(ID, { endpoint: hub.endpoint, cache: await cache() });
  const tokens = await tokenizer.tokenize(features);
  expect(tokens).toMatchObject({ grid: [14, 14], tokens: { length: 196 } });
  expect(await tokenizer.detokenize(tokens)).toMatchObject({ width: 14, height: 14, channels: 512 });
  tokenizer.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('from an address, with the option as', async () => {
  const address = await serve((request, response) => sendRange(request, response, file));
  const tokenizer = await loadTokenizer(`${address}/clip.safetensors`, { as: ID, cache: await cache() });
  expect((await tokenizer.tokenize(features)).tokens).toHaveLength(196);
  tokenizer.dispose();
});

test('exceeding the memory is an error in advance; its unused half is freed', async () => {
  const hub = await startHub({ [`${ID}/model.safetensors`]: file });
  const tokenizer = await loadTokenizer(ID, { endpoint: hub.endpoint, cache: await cache() });
  const memory = guardMemory(tf.backend() as unknown as WasmBackend);
  const { limit, used } = memory;
  onTestFinished(() => {
    memory.limit = limit;
    tokenizer.dispose();
  });
  memory.limit = used + 1000;
  const attempt = tokenizer.tokenize(features);
  await expect(attempt).rejects.toThrow(MemoryError);
  await expect(attempt).rejects.toThrow(
    /^tokenizing with 'EPFL-VILAB.*' needs [\d.]+ MB \(weights .*\), and there is room for [\d.]+ (kB|bytes)/,
  );
  expect(memory.used).toBe(used);

  const { model } = tokenizerFrom(publishedTokenizer(ID), await openCheckpoint(bytesSource(file, 'a copy')));
  const { parameters, working } = tokenizerMemory(model, 'tokenize', [14, 14])(1);
  memory.limit = used + weightBytes(parameters) + working;
  const tokens = await tokenizer.tokenize(features);
  await tokenizer.detokenize(tokens);
  // The decoder is there now, and there is no room for the encoder's work beside it.
  expect(memory.used + working).toBeGreaterThan(memory.limit);
  expect(await tokenizer.tokenize(features)).toEqual(tokens);
});

test('rejects anything but a published tokenizer', async () => {
  for (const id of ['someone/something', './clip.safetensors']) {
    await expect(loadTokenizer(id)).rejects.toThrow(
      `'${id}' is no published tokenizer; name the one it holds in the option 'as'`,
    );
  }
  await expect(loadTokenizer(ID, { as: 'clip' })).rejects.toThrow("unknown tokenizer 'clip'");
  const address = await serve((request, response) => sendRange(request, response, tinyModelFile('4M-7_B')));
  const attempt = loadTokenizer(`${address}/x.safetensors`, { as: ID, cache: await cache() });
  await expect(attempt).rejects.toThrow(InvalidInputError);
  await expect(attempt).rejects.toThrow(/is a model, not a tokenizer/);
});
