import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import { loadModel } from '../../../src/api/loading/load-model.js';
import type { Model } from '../../../src/api/model.js';
import { CancelledError } from '../../../src/errors.js';
import { meanPairDistance } from '../../../src/toybox/evaluation/pair-distance.js';
import { PatchBorders } from '../../../src/toybox/evaluation/patch-borders.js';
import { STUDIES } from '../../../src/toybox/evaluation/studies/index.js';
import { showsRedBall } from '../../../src/toybox/evaluation/studies/text-to-picture.js';
import { reasonStudyLeftOut } from '../../../src/toybox/evaluation/study.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { writeTinyModel } from '../../cli/tiny-model.js';

describe('PatchBorders', () => {
  const grey = (size: number, value: (x: number, y: number) => number) => ({
    width: size,
    height: size,
    channels: 1,
    data: Uint8Array.from({ length: size ** 2 }, (_, i) => value(i % size, Math.floor(i / size))),
  });

  it('is 1 for a ramp, more for steps between patches, and undefined for blocks of one value', () => {
    const borders = (value: (x: number, y: number) => number) => {
      const metric = new PatchBorders(4);
      metric.add(grey(16, value));
      return metric.result();
    };
    expect(borders((x, y) => 3 * x + 2 * y)).toBeCloseTo(1, 9);
    // Steps of 1 inside patches and of 5 between them.
    expect(borders((x, y) => x + y + 4 * (Math.floor(x / 4) + Math.floor(y / 4)))).toBeCloseTo(5, 9);
    expect(borders((x) => 10 * Math.floor(x / 4))).toBeNull();
  });

  it('is about 1 for true pictures, which have no patches', () => {
    const metric = new PatchBorders(8);
    for (let i = 0; i < 40; i++) metric.add(toyboxSample(toyboxSeed('test', i)).rgb);
    expect(metric.result()).toBeGreaterThan(0.8);
    expect(metric.result()).toBeLessThan(1.2);
  });
});

describe('meanPairDistance', () => {
  it('is the mean over pairs', () => {
    expect(meanPairDistance({ values: [0, 0, 3, 4, 0, 0], width: 2 })).toBeCloseTo(10 / 3, 12);
    expect(meanPairDistance({ values: [1, 2], width: 2 })).toBe(0);
  });

  it('scales with the vectors, and is invariant to translation', () => {
    const vectors = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(vectors, fc.integer({ min: -5, max: 5 }), (values, shift) => {
        const moved = values.map((value) => 2 * value + shift);
        expect(meanPairDistance({ values: moved, width: 2 })).toBeCloseTo(
          2 * meanPairDistance({ values, width: 2 }),
          9,
        );
      }),
    );
  });
});

it('detects the red ball in at least 90% of true scenes', () => {
  let [shown, all] = [0, 0];
  for (let i = 0; all < 10; i++) {
    const { objects, rgb } = toyboxSample(toyboxSeed('test', i), { people: false, supersampling: 1 });
    const [only] = objects;
    if (objects.length !== 1 || only!.shape !== 'ball' || only!.colour !== 'red') continue;
    all++;
    if (showsRedBall(rgb)) shown++;
  }
  expect(shown / all).toBeGreaterThanOrEqual(0.9);
});

describe('the studies of a model that has learned nothing', () => {
  let folder: string;
  let model: Model;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fourm-studies-'));
    await useBackend('wasm');
    await writeTinyModel(folder);
    model = await loadModel(folder);
  });
  afterAll(async () => {
    await model.dispose();
    await rm(folder, { recursive: true });
  });

  it.each(STUDIES.map((study) => [study.name, study] as const))(
    '%s has finite figures, at no more than chance',
    async (name, study) => {
      expect(await reasonStudyLeftOut(model, study)).toBeUndefined();
      const shares: number[] = [];
      const report = await study.run(model, { scenes: 4, onProgress: (done, total) => shares.push(done / total) });
      expect(report.study).toBe(name);
      expect(report.rows.length).toBeGreaterThan(0);
      for (const { metric, better, trivial, model: figure } of report.rows) {
        expect(Number.isFinite(figure), metric).toBe(true);
        // All of its embeddings and pictures are the same: nothing may be recognised by ties.
        if (name === 'retrieval' && better === 'higher') expect(figure!, metric).toBeLessThanOrEqual(trivial! + 0.2);
      }
      expect(report.picture !== undefined).toBe(study.hasPicture);
      expect(shares.at(-1)).toBe(1);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
    },
  );

  it.each(STUDIES.map((study) => [study.name, study] as const))('%s stops when the signal fires', async (_, study) => {
    const signal = AbortSignal.abort();
    await expect(study.run(model, { scenes: 4, signal })).rejects.toThrow(CancelledError);
  });
});
