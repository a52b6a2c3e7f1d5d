import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../backends/index.js';
import { loadModel } from '../../../src/api/loading/load-model.js';
import type { Inputs, Model } from '../../../src/api/model.js';
import { DECODING_DONE, decodingReports, reporter } from '../../../src/api/progress/progress.js';
import { ThroughputEstimator } from '../../../src/api/progress/throughput.js';
import type { GenerateOptions, GenerationProgress } from '../../../src/api/types/options.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { writeTinyModel } from '../../cli/tiny-model.js';
import { onBackends } from '../../on-backends.js';

let folder: string;
const sample = toyboxSample(3);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-progress-'));
  await useBackend('cpu');
  await writeTinyModel(folder);
  await releaseBackend();
});
afterAll(() => rm(folder, { recursive: true }));

async function reports(model: Model, inputs: Inputs, options: GenerateOptions): Promise<GenerationProgress[]> {
  const all: GenerationProgress[] = [];
  await model.generate(inputs, { ...options, onProgress: (at) => all.push(at) });
  return all;
}

const words = ({ phase, modality = '', done, total }: GenerationProgress) => `${phase} ${modality} ${done}/${total}`;

onBackends(['wasm', 'webgpu'], (name) => {
  test('every phase reports its beginning and its end; only compiling backends warm up', async () => {
    const model = await loadModel(folder);
    const options = { to: ['semseg', 'depth'], decoding: { semseg: { steps: 2 }, depth: { steps: 2 } } };
    const all = await reports(model, { normal: sample.normal }, options);
    const first = name === 'webgpu' ? 'warming up' : undefined;
    const loaded = all.find(({ phase }) => phase === 'loading')!.total;
    expect(
      all.filter(({ phase, done, total }) => phase !== 'loading' || done === 0 || done === total).map(words),
    ).toEqual([
      `${first ?? 'reading'} normal 0/1`,
      'reading normal 1/1',
      `loading  0/${loaded}`,
      `loading  ${loaded}/${loaded}`,
      `${first ?? 'generating'} semseg 0/64`,
      expect.stringMatching(/^generating semseg \d+\/64$/),
      'generating semseg 64/64',
      'generating depth 0/64',
      expect.stringMatching(/^generating depth \d+\/64$/),
      'generating depth 64/64',
      `${first ?? 'detokenizing'} semseg 0/1`,
      'detokenizing semseg 1/1',
      `${first ?? 'detokenizing'} depth 0/1`,
      'detokenizing depth 1/1',
    ]);
    const again = await reports(model, { normal: sample.normal }, options);
    expect(again.map(({ phase }) => phase)).not.toContain('warming up');
    expect(again.map(({ phase }) => phase)).not.toContain('loading');
    await model.dispose();
  }, 300_000);
});

describe('the remaining time', () => {
  beforeAll(async () => {
    await useBackend('wasm');
  });
  afterAll(releaseBackend);

  test('is known after the first step, and at once in later generations', async () => {
    let now = 0;
    const model = await loadModel(folder, { clock: () => now });
    const onProgress = (all: GenerationProgress[]) => (at: GenerationProgress) => {
      all.push(at);
      now += 1000;
    };
    const generate = async () => {
      const all: GenerationProgress[] = [];
      await model.generate({ rgb: sample.rgb }, { to: ['depth', 'caption'], onProgress: onProgress(all) });
      return all;
    };
    const [first, second] = [await generate(), await generate()];
    expect(first[0]!.secondsLeft).toBeUndefined();
    expect(second[0]!.secondsLeft).toBeDefined();
    for (const all of [first, second]) {
      const shares = all.map(({ share }) => share);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
      expect(all.at(-1)).toMatchObject({ share: 1, secondsLeft: 0 });
    }
    await model.dispose();
  });
});

/** A generation in which every kind of step takes what it takes, on a clock that nothing else moves. */
function simulation({ dense = 2, token = 50, write = 300 }) {
  const pace = new ThroughputEstimator(false);
  return (positions: readonly number[], tokens: { generated: number; max: number }) => {
    let now = 0;
    const all: { left: number | undefined; at: number }[] = [];
    const onProgress = ({ secondsLeft }: GenerationProgress) => all.push({ left: secondsLeft, at: now });
    const report = reporter(onProgress, pace, () => now, new Map([['write depth', 64]]));
    const decoding = decodingReports(report, (name) => name);
    const total = (from: number) => positions.slice(from).reduce((a, b) => a + b, 0);
    const image = { modality: 'depth', method: 'maskgit', total: positions.length } as const;
    decoding({ ...image, done: 0, remaining: { dense: total(0) + 100, tokens: tokens.max } });
    positions.forEach((work, i) => {
      now += work * dense;
      decoding({ ...image, done: i + 1, remaining: { dense: total(i + 1) + 100, tokens: tokens.max } });
    });
    const text = { modality: 'caption', method: 'autoregressive', total: tokens.max } as const;
    decoding({ ...text, done: 0, remaining: { dense: 100, tokens: tokens.max } });
    for (let i = 1; i <= tokens.generated; i++) {
      now += token + (i === 1 ? 100 * dense : 0);
      decoding({ ...text, done: i, remaining: { dense: 0, tokens: tokens.max - i } });
    }
    const stage = { phase: 'detokenizing', modality: 'depth', total: 1, kind: 'write depth' } as const;
    report({ ...stage, done: 0 }, undefined, DECODING_DONE);
    now += write;
    report({ ...stage, done: 1 }, new Map([['write depth', 64]]));
    return all.map(({ left, at }) => ({ left, real: (now - at) / 1000 }));
  };
}

describe('estimates', () => {
  const positions = [100, 150, 220, 90];

  test('are exact if every kind was measured, for any steps', () => {
    const generate = simulation({});
    for (const _ of [0, 1]) generate(positions, { generated: 20, max: 20 });
    for (const { left, real } of generate(positions, { generated: 20, max: 20 })) expect(left).toBeCloseTo(real, 5);
  });

  test('of dense steps, and of kinds as fast, are exact after the first', () => {
    const generate = simulation({ dense: 2, token: 12, write: 128 });
    const [start, ...others] = generate(positions, { generated: 20, max: 20 });
    expect(start!.left).toBeUndefined();
    for (const { left, real } of others) expect(left).toBeCloseTo(real, 5);
  });

  test('count texts with their maximum length until they end', () => {
    const generate = simulation({});
    for (const _ of [0, 1]) generate(positions, { generated: 20, max: 20 });
    const all = generate(positions, { generated: 5, max: 20 });
    for (const { left, real } of all.slice(0, -2)) expect(left).toBeCloseTo(real + 15 * 0.05, 5);
    for (const { left, real } of all.slice(-2)) expect(left).toBeCloseTo(real, 5);
  });

  test('follow a machine that becomes slower', () => {
    const pace = new ThroughputEstimator(false);
    for (let i = 0; i < 10; i++) pace.record('dense', new Map([['dense', 10]]), 20);
    expect(pace.seconds(new Map([['dense', 1000]]))).toBeCloseTo(2, 5);
    for (let i = 0; i < 10; i++) pace.record('dense', new Map([['dense', 10]]), 80);
    expect(pace.seconds(new Map([['dense', 1000]]))).toBeCloseTo(8, 0);
  });

  test('exclude compilation', () => {
    const pace = new ThroughputEstimator(true);
    expect(pace.isCold('dense')).toBe(true);
    pace.record('dense', new Map([['dense', 10]]), 5000);
    expect(pace.isCold('dense')).toBe(false);
    expect(pace.seconds(new Map([['dense', 10]]))).toBeUndefined();
    pace.record('dense', new Map([['dense', 10]]), 20);
    expect(pace.seconds(new Map([['dense', 10]]))).toBeCloseTo(0.02, 5);
  });
});
