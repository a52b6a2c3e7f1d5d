import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type BackendName, releaseBackend, useBackend } from '../../backends/index.js';
import { testUnless } from '../cannot-run.js';
import { whyLeftOut } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { denoised, latentsOf, painterCases, pictured, type TokenizerCase, tokenizerCases } from './tokenizers.js';

const TOLERANCE = { rtol: 1e-4, atol: 1e-4 };

type Outputs = Readonly<Record<string, Float32Array>>;

async function on(backend: BackendName, compute: () => Promise<Outputs>): Promise<Outputs> {
  await useBackend(backend);
  const before = tf.memory().numTensors;
  const outputs = await compute();
  expect(tf.memory().numTensors).toBe(before);
  await releaseBackend();
  return outputs;
}

/** Expects the same on cpu and wasm, and of each sample of a batch what it gives alone. */
async function expectSameEverywhere(compute: (sample?: number) => Promise<Outputs>, batch: number): Promise<void> {
  const [cpu, wasm] = [await on('cpu', compute), await on('wasm', compute)];
  for (const [name, values] of Object.entries(cpu)) expectClose(wasm[name]!, values, TOLERANCE, name);
  for (let b = 0; b < batch; b++) {
    for (const [name, values] of Object.entries(await on('wasm', () => compute(b)))) {
      const all = wasm[name]!;
      const own = all.subarray((b * all.length) / batch, ((b + 1) * all.length) / batch);
      expectClose(values, own, TOLERANCE, `${name} of sample ${b}`);
    }
  }
}

const BATCH = 2;

testUnless(
  whyLeftOut('wasm'),
  'any tokenizer computes the same on cpu and wasm, for each picture by itself',
  async () => {
    const both = (c: TokenizerCase) => async (sample?: number) => ({
      latents: await latentsOf(c, BATCH, sample),
      pictures: await pictured(c, BATCH, sample),
    });
    await fc.assert(
      fc.asyncProperty(tokenizerCases, (c) => expectSameEverywhere(both(c), BATCH)),
      { numRuns: 30 },
    );
  },
);

testUnless(
  whyLeftOut('wasm'),
  'any diffusion decoder predicts the same on cpu and wasm, for each picture by itself',
  async () => {
    await fc.assert(
      fc.asyncProperty(painterCases, (c) =>
        expectSameEverywhere(async (sample) => ({ prediction: await denoised(c, BATCH, sample) }), BATCH),
      ),
      { numRuns: 15 },
    );
  },
);
