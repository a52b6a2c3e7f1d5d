import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../backends/index.js';
import { loadModel } from '../../../src/api/loading/load-model.js';
import { BackendUnavailableError, CancelledError, InvalidInputError } from '../../../src/errors.js';
import * as fourm from '../../../src/index.js';
import { writeTinyModel } from '../../cli/tiny-model.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-choice-'));
  await useBackend('cpu');
  await writeTinyModel(folder);
});
afterAll(async () => {
  await releaseBackend();
  await rm(folder, { recursive: true });
});

test.each([
  ['backend', { backend: 'wasm' }, 'wasm'],
  ['device', { device: 'cpu' }, 'cpu'],
  ['both, if they are the same', { backend: 'wasm', device: 'wasm' }, 'wasm'],
  ['neither: the one in use', {}, 'wasm'],
] as const)('the backend is chosen by %s', async (_, options, name) => {
  const model = await loadModel(folder, options);
  expect(tf.getBackend()).toBe(name);
  await model.dispose();
});

test.each([
  [
    'an unknown name',
    { device: 'gpu' },
    InvalidInputError,
    "unknown backend 'gpu' (did you mean 'webgpu' or 'cuda'?); expected auto, webgpu",
  ],
  ['a misspelt name', { device: 'webgpo' }, InvalidInputError, "unknown backend 'webgpo' (did you mean 'webgpu'?)"],
  ['two names', { backend: 'wasm', device: 'cpu' }, InvalidInputError, 'they differ'],
  ['threads that there cannot be', { backend: 'wasm', threads: -1 }, InvalidInputError, 'threads'],
  ['a backend that is not installed', { device: 'cuda' }, BackendUnavailableError, 'tfjs-node-gpu'],
  ['a signal', { backend: 'cpu', signal: AbortSignal.abort() }, CancelledError, 'cancelled'],
])('%s: a typed error, and the backend in use stays', async (_, options, type, message) => {
  await useBackend('cpu');
  const loading = loadModel(folder, options as never);
  await expect(loading).rejects.toThrow(type);
  await expect(loading).rejects.toThrow(message);
  expect(tf.getBackend()).toBe('cpu');
});

test.each([
  ['fp32', 'f32'],
  ['fp16', 'f16'],
  ['float16', 'f16'],
  ['q8', 'int8'],
])('the dtype %s is answered with %s', async (dtype, ours) => {
  const loading = loadModel(folder, { dtype: dtype as never });
  await expect(loading).rejects.toThrow(InvalidInputError);
  await expect(loading).rejects.toThrow(`unknown dtype '${dtype}' (did you mean '${ours}'?); expected f32, f16, int8`);
});

test('a model is an instance of the class Model', async () => {
  expect(await loadModel(folder)).toBeInstanceOf(fourm.Model);
});
