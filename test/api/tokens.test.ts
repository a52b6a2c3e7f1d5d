import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { type GeneratedToken, type GeneratedTokens, loadModel, type Model, type Results } from '../../src/index.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { writeTinyModel } from '../cli/tiny-model.js';

const { rgb } = toyboxSample(3);
let folder: string;
let model: Model;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-tokens-'));
  await useBackend('wasm');
  await writeTinyModel(folder);
  model = await loadModel(folder);
});
afterAll(async () => {
  await model.dispose();
  await releaseBackend();
  await rm(folder, { recursive: true });
});

/** The tokens that `onTokens` reported of a modality of each sample, put together by position. */
function assembled(reports: readonly GeneratedTokens[], modality: string, samples: number): number[][] {
  const all: number[][] = Array.from({ length: samples }, () => []);
  for (const report of reports.filter((report) => report.modality === modality)) {
    report.samples.forEach((tokens, b) => {
      for (const { position, id } of tokens) {
        expect(all[b]![position], `position ${position} is reported once`).toBeUndefined();
        all[b]![position] = id;
      }
    });
  }
  return all;
}

const settings = [
  { method: 'maskgit', steps: 4, temperature: 1 },
  { method: 'maskgit', steps: 4, temperature: 0 },
  { method: 'maskgit', steps: 1, temperature: 0 },
  { method: 'roar', steps: 4, temperature: 1 },
  { method: 'roar', steps: 4, temperature: 0 },
] as const;

test.each(settings)(
  'tokens of images are reported step by step: $method, $steps steps, temperature $temperature',
  async (depth) => {
    const reports: GeneratedTokens[] = [];
    const samples = [{ rgb }, { rgb: toyboxSample(4).rgb }];
    const options = { to: ['depth'] as const, seed: 2, decoding: { depth } };
    const without = await model.generateMany(samples, options);
    const results = await model.generateMany(samples, { ...options, onTokens: (tokens) => reports.push(tokens) });
    const tokens = (all: readonly Results<'depth'>[]) => all.map(({ depth }) => [...depth.tokens]);
    expect(tokens(results)).toEqual(tokens(without));
    expect(reports).toHaveLength(depth.steps);
    expect(assembled(reports, 'depth', 2)).toEqual(tokens(results));
    for (const { probability } of reports.flatMap(({ samples }) => samples.flat())) {
      expect(probability).toBeGreaterThan(0);
      expect(probability).toBeLessThanOrEqual(1);
    }
  },
);

test.each([0, 1])('tokens of texts are reported one by one, at temperature %d', async (temperature) => {
  const reports: GeneratedTokens[] = [];
  const options = { to: ['caption'] as const, seed: 2, decoding: { caption: { temperature } } };
  const without = await model.generate({ rgb }, options);
  const { caption } = await model.generate({ rgb }, { ...options, onTokens: (tokens) => reports.push(tokens) });
  expect([...caption.tokens]).toEqual([...without.caption.tokens]);
  const [ids] = assembled(reports, 'caption', 1);
  expect(reports.every(({ samples }) => samples[0]!.length === 1)).toBe(true);
  expect(ids!.slice(0, caption.tokens.length)).toEqual([...caption.tokens]);
});

test('details of tokens name modalities as users do, and write the tokens of texts', async () => {
  const tokens: GeneratedToken[] = [];
  const { caption } = await model.generate(
    { rgb, det: 'v0=1 v1=2 v2=3 v3=4 ball' },
    {
      to: ['depth', 'caption'],
      details: { alternatives: 3, attention: true },
      onTokens: ({ modality, samples }) => tokens.push(...(modality === 'caption' ? samples[0]! : [])),
    },
  );
  expect(
    tokens
      .slice(0, caption.tokens.length)
      .map(({ text }) => text)
      .join(' ')
      .replaceAll(' ##', ''),
  ).toBe(caption.text);
  for (const { alternatives, attention, id, text } of tokens) {
    expect(alternatives![0]).toMatchObject({ id, text });
    expect(alternatives).toHaveLength(3);
    const [shares] = attention!;
    expect(shares!.map(({ modality }) => modality)).toEqual(['rgb', 'det', 'depth', 'caption']);
    expect(shares![0]!.shares).toHaveLength(64);
    expect(shares![1]!.texts!.slice(0, 5)).toEqual(['v0=1', 'v1=2', 'v2=3', 'v3=4', 'ball']);
  }
});

test('details that are none are refused', async () => {
  const generate = (details: object, onTokens?: () => void) =>
    model.generate({ rgb }, { to: ['depth'], details, ...(onTokens && { onTokens }) });
  await expect(generate({ attention: true })).rejects.toThrow(/onTokens/);
  await expect(generate({ alternatives: 0 }, () => {})).rejects.toThrow(
    /details.alternatives must be a whole number above 0/,
  );
  await expect(generate({ attention: 1 }, () => {})).rejects.toThrow(/details.attention must be true or false/);
  await expect(generate({ attentions: true }, () => {})).rejects.toThrow(/did you mean "attention"/);
});
