import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import type { Inputs, Model } from '../../src/api/model.js';
import { InvalidInputError } from '../../src/errors.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { writeTinyModel } from '../cli/tiny-model.js';
import { onBackends, onOneBackend } from '../on-backends.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-seeds-'));
  await useBackend('cpu');
  await writeTinyModel(folder);
  await releaseBackend();
});
afterAll(() => rm(folder, { recursive: true }));

const scenes: Inputs[] = [3, 4].map((seed) => ({ rgb: toyboxSample(seed).rgb }));
/** The text first: in a batch, the shorter ones are complete before the longest. */
const to = ['caption', 'depth', 'normal'] as const;
const sampled = { temperature: 1, guidanceScale: 1 };
const options = {
  to,
  decoding: {
    caption: { ...sampled, topP: 0.3 },
    depth: { ...sampled, method: 'maskgit', steps: 2 },
    normal: { ...sampled, method: 'roar', steps: 2 },
  },
} as const;

async function tokensOf(model: Model, samples: readonly Inputs[], seed: number | readonly number[]) {
  const results = await model.generateMany(samples, { ...options, seed });
  return results.map((result) => to.map((name) => [name, ...result[name].tokens]));
}

onBackends(['cpu', 'wasm'], () => {
  let model: Model;
  beforeEach(async () => {
    model = await loadModel(folder);
  });

  test('a sample has the same result alone and in a batch', async () => {
    const together = await tokensOf(model, scenes, 7);
    for (const [i, scene] of scenes.entries()) expect(await tokensOf(model, [scene], 7)).toEqual([together[i]]);
    await model.dispose();
  });

  test('equal samples have equal results, unless their seeds differ', async () => {
    const [scene] = scenes as [Inputs];
    const [first, second, third] = await tokensOf(model, [scene, scene, scene], [1, 2, 1]);
    expect(third).toEqual(first);
    expect(second).not.toEqual(first);
    expect(await tokensOf(model, [scene], 2)).toEqual([second]);
    await model.dispose();
  });

  test('texts with masked spans of different lengths are independent', async () => {
    const texts = ['a [S_1] ball', 'a big red ball in front of a [S_1] and a [S_2]', '[S_1]'];
    const fill = (captions: readonly string[]) =>
      model.generateMany(
        captions.map((caption) => ({ caption })),
        { to: ['caption', 'depth'], seed: 3, decoding: { caption: sampled, depth: sampled } },
      );
    const together = await fill(texts);
    for (const [i, text] of texts.entries()) {
      const [alone] = await fill([text]);
      expect(alone!.caption.tokens).toEqual(together[i]!.caption.tokens);
      expect(alone!.depth.tokens).toEqual(together[i]!.depth.tokens);
    }
    await model.dispose();
  });
});

describe('seeds', () => {
  onOneBackend();
  test.each([
    [1.5, 'whole number, not 1.5'],
    [[1, 2, 3], 'one for each of 2 samples, not 3'],
    [[1, 2, Number.NaN], 'whole number, not NaN'],
    [[1, 2, undefined], 'whole number, not undefined'],
    ['7', 'whole number, not 7'],
  ])('%s are an error', async (seed, message) => {
    const model = await loadModel(folder);
    const failed = expect(tokensOf(model, scenes, seed as never)).rejects;
    await failed.toThrow(InvalidInputError);
    await expect(tokensOf(model, scenes, seed as never)).rejects.toThrow(message);
    const values = scenes.map((scene) => scene.rgb!);
    await expect(model.reconstruct('rgb', values, { seed: seed as never })).rejects.toThrow(message);
    await model.dispose();
  });
});
