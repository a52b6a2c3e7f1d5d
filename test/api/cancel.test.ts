import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import type { GenerationProgress } from '../../src/api/types/options.js';
import { CancelledError } from '../../src/errors.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { writeTinyModel } from '../cli/tiny-model.js';

let folder: string;
const sample = toyboxSample(3);
/** A map that a tokenizer reads, dense steps with guidance, a text, and maps that tokenizers write. */
const inputs = { normal: sample.normal };
const options = {
  to: ['semseg', 'caption', 'depth'],
  seed: 3,
  decoding: {
    semseg: { steps: 3, guidanceScale: 2 },
    depth: { method: 'roar', steps: 2 },
    caption: { temperature: 1 },
  },
} as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-cancel-'));
  await useBackend('wasm');
  await writeTinyModel(folder);
});
afterAll(async () => {
  await releaseBackend();
  await rm(folder, { recursive: true });
});

/** A signal that fires with the n-th report, how many reports there were, and how many steps were taken after it. */
function firingAt(n: number) {
  const controller = new AbortController();
  const counts = { reports: 0, late: 0 };
  const onProgress = ({ done }: GenerationProgress) => {
    if (controller.signal.aborted && done > 0) counts.late++;
    if (++counts.reports === n) controller.abort();
  };
  return { counts, options: { ...options, signal: controller.signal, onProgress } };
}

describe('a signal that fires', () => {
  test('at any step cancels before the next, without leaks; the model works afterwards', async () => {
    const model = await loadModel(folder);
    const all = firingAt(0);
    await model.generate(inputs, all.options);
    const again = firingAt(0);
    const expected = await model.generate(inputs, again.options);
    const before = tf.memory().numTensors;
    for (let n = 1; n < again.counts.reports; n++) {
      const stopped = firingAt(n);
      await expect(model.generate(inputs, stopped.options), `at report ${n}`).rejects.toThrow(CancelledError);
      expect(stopped.counts.late, `after report ${n}`).toBe(0);
      expect(tf.memory().numTensors, `at report ${n}`).toBe(before);
    }
    const { semseg, caption, depth } = await model.generate(inputs, options);
    expect(semseg.tokens).toEqual(expected.semseg.tokens);
    expect(caption.tokens).toEqual(expected.caption.tokens);
    expect(depth.values).toEqual(expected.depth.values);
    await model.dispose();
  });

  test('while weights are loaded keeps the loaded ones; the rest is loaded the next time', async () => {
    const model = await loadModel(folder);
    let loading = 0;
    for (let n = 3; ; n++) {
      const stopped = firingAt(n);
      const phases: string[] = [];
      const onProgress = (at: GenerationProgress) => {
        phases.push(at.phase);
        stopped.options.onProgress(at);
      };
      await expect(model.generate(inputs, { ...stopped.options, onProgress })).rejects.toThrow(CancelledError);
      expect(stopped.counts.late).toBe(0);
      if (phases.at(-1) !== 'loading') break;
      loading++;
    }
    expect(loading).toBeGreaterThan(3);
    const other = await loadModel(folder);
    const [here, there] = [await model.generate(inputs, options), await other.generate(inputs, options)];
    expect(here.depth.tokens).toEqual(there.depth.tokens);
    await Promise.all([model.dispose(), other.dispose()]);
  });

  test('can be fired by timers and clicks, because the event loop runs between steps', async () => {
    const model = await loadModel(folder);
    let turn = 0;
    let going = true;
    const count = () => {
      turn++;
      if (going) setImmediate(count);
    };
    setImmediate(count);
    const turns: number[] = [];
    await model.generate(inputs, {
      ...options,
      onProgress: ({ done }) => {
        if (done > 0) turns.push(turn);
      },
    });
    going = false;
    expect(new Set(turns).size).toBe(turns.length);
    await model.dispose();
  });
});
