import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DecodingProgress } from '../../src/decoding/chain.js';
import type { DecodingTarget } from '../../src/decoding/chain-steps.js';
import { type GenerationRequest, generateTokens } from '../../src/decoding/generate.js';
import { CancelledError, InvalidInputError } from '../../src/errors.js';
import { Random } from '../../src/random.js';
import { onBackends, onEachBackend, onOneBackend } from '../on-backends.js';
import { vocabulary, withGenerationModel } from './reference.js';

const images = Array.from({ length: 3 }, (_, b) => {
  const random = new Random(b);
  return Float32Array.from({ length: 3 * 64 * 64 }, () => random.normal());
});

const targets: DecodingTarget[] = [
  { modality: 'tok_depth@224', steps: 4, temperature: 1.5, topP: 0.9, guidanceScale: 2 },
  { modality: 'caption', temperature: 0.8, topK: 20 },
  { modality: 'tok_rgb@224', method: 'roar', steps: 3, guidanceScale: 1.5 },
];

function request(seed: number, more: Partial<GenerationRequest> = {}): GenerationRequest {
  return { inputs: { 'rgb@224': { pixels: images } }, targets, vocabulary, random: new Random(seed), ...more };
}

const plain = (tokens: Record<string, Int32Array[]>) =>
  Object.fromEntries(Object.entries(tokens).map(([name, samples]) => [name, samples.map((ids) => Array.from(ids))]));

/** Results of the first backend, by test: the others must equal them. */
const first: Record<string, Record<string, number[][]>> = {};

function expectAsFirst(test: string, tokens: Record<string, Int32Array[]>): void {
  first[test] ??= plain(tokens);
  expect(plain(tokens)).toEqual(first[test]);
}

onEachBackend(() => {
  const given = withGenerationModel();

  it('the same seed gives the same images on every backend', async () => {
    const few: DecodingTarget[] = [
      { modality: 'tok_depth@224', steps: 2, temperature: 1.5, topP: 0.9, guidanceScale: 2 },
    ];
    const inputs = { caption: { ids: [[20, 30, 40], [50]] } };
    expectAsFirst('images', await generateTokens(given.model, request(5, { targets: few, inputs })));
  });
});

onBackends(['cpu', 'wasm', 'cuda', 'node'], () => {
  const given = withGenerationModel();

  it('the same seed gives the same chain on every backend', async () => {
    expectAsFirst('chain', await generateTokens(given.model, request(5)));
  });

  it('each sample of a batch gets the same result as alone', async () => {
    const { model } = given;
    const greedy = targets.map((target) => ({ ...target, temperature: 0, method: undefined }) as DecodingTarget);
    const together = await generateTokens(model, request(0, { targets: greedy }));
    for (const [b, image] of images.entries()) {
      const inputs = { 'rgb@224': { pixels: [image] } };
      const alone = await generateTokens(model, request(0, { targets: greedy, inputs }));
      for (const { modality } of greedy) expect(alone[modality]![0]).toEqual(together[modality]![b]);
    }
  });

  it('each sample of a batch gets the same result as alone when it is sampled with a generator of its own', async () => {
    const { model } = given;
    const sampled = (samples: readonly Float32Array[], seeds: readonly number[]) =>
      generateTokens(
        model,
        request(0, { inputs: { 'rgb@224': { pixels: samples } }, random: seeds.map((seed) => new Random(seed)) }),
      );
    const seeds = [4, 5, 4];
    const together = await sampled(images, seeds);
    for (const [b, image] of images.entries()) {
      const alone = await sampled([image], [seeds[b]!]);
      for (const { modality } of targets) expect(alone[modality]![0]).toEqual(together[modality]![b]);
    }
    await expect(sampled(images, [4, 5])).rejects.toThrow(InvalidInputError);
  });

  it('guidance with scale 1 equals none', async () => {
    const { model } = given;
    const scaled = (guidanceScale?: number) =>
      targets.map(({ modality, steps }) => ({
        modality,
        ...(steps && { steps }),
        ...(guidanceScale && { guidanceScale }),
      }));
    const none = await generateTokens(model, request(3, { targets: scaled() }));
    expect(await generateTokens(model, request(3, { targets: scaled(1) }))).toEqual(none);
    expect(await generateTokens(model, request(3, { targets: scaled(4) }))).not.toEqual(none);
    expect(await generateTokens(model, request(4, { targets: scaled() }))).not.toEqual(none);
  });

  it('unintended official behaviour is reproduced on request, and all tokens are committed', async () => {
    const { model } = given;
    // Officially 13 steps for 16 tokens decide them all before the last, and 8 steps more than there are.
    const official = async (steps: number, compat?: 'official') => {
      const greedy = [{ modality: 'tok_depth@224', steps, temperature: 0 }, { modality: 'caption' }];
      const reports: string[] = [];
      const onProgress = ({ modality, done }: DecodingProgress) => modality !== 'caption' && reports.push(`${done}`);
      const tokens = await generateTokens(
        model,
        request(0, { targets: greedy, onProgress, ...(compat && { compat }) }),
      );
      return { reports, depth: plain(tokens)['tok_depth@224'] };
    };
    for (const steps of [5, 8, 13]) {
      const [ours, theirs] = [await official(steps), await official(steps, 'official')];
      expect(theirs.depth).not.toEqual(ours.depth);
      for (const { reports } of [ours, theirs]) expect(reports.at(-1)).toBe('16');
    }
    expect((await official(13, 'official')).reports.slice(-2)).toEqual(['16', '16']);
    // Officially a text is cut where the first one of its batch ends.
    const depthOf = async (ids: number[][], compat?: 'official') => {
      const greedy = [{ modality: 'tok_depth@224', steps: 1, temperature: 0 }];
      const inputs = { caption: { ids } };
      const tokens = await generateTokens(model, request(0, { inputs, targets: greedy, ...(compat && { compat }) }));
      return plain(tokens)['tok_depth@224']!.at(-1);
    };
    const long = [20, 30, 40];
    expect(await depthOf([[50], long])).toEqual(await depthOf([long]));
    expect(await depthOf([[50], long], 'official')).toEqual(await depthOf([[50], [20, 30]], 'official'));
    expect(await depthOf([[50], long], 'official')).not.toEqual(await depthOf([long]));
  });

  it('every token is in its vocabulary, every image is complete, and no tensor leaks', async () => {
    const { model } = given;
    const before = tf.memory().numTensors;
    const reports: string[] = [];
    const tokens = await generateTokens(
      model,
      request(1, { onProgress: ({ modality, done, total }) => reports.push(`${modality} ${done}/${total}`) }),
    );
    expect(tf.memory().numTensors).toBe(before);
    for (const [name, samples] of Object.entries(tokens)) {
      expect(samples).toHaveLength(3);
      for (const ids of samples) {
        if (name !== 'caption') expect(ids).toHaveLength(16);
        for (const id of ids) expect(id).toBeLessThan(model.modalities[name]!.vocabSize!);
      }
    }
    for (const ids of tokens.caption!) for (const id of [3, 5, 6]) expect(ids).not.toContain(id);
    expect(reports).toContain('tok_depth@224 16/16');
    expect(reports.at(-1)).toBe('tok_rgb@224 16/16');
  });

  it('a text alone, or no input at all, is enough', async () => {
    const { model } = given;
    const only: DecodingTarget[] = [{ modality: 'tok_clip@224', steps: 2, guidanceScale: 3 }];
    const fromText = await generateTokens(
      model,
      request(2, { inputs: { caption: { ids: [[20, 30, 40], [50]] } }, targets: only }),
    );
    expect(fromText['tok_clip@224']).toHaveLength(2);
    const fromNothing = await generateTokens(model, request(2, { inputs: {}, targets: only }));
    expect(fromNothing['tok_clip@224']![0]).toHaveLength(16);
  });
});

describe('bad input', () => {
  onOneBackend();
  const given = withGenerationModel();
  const refused = (more: Partial<GenerationRequest>) => expect(generateTokens(given.model, request(0, more))).rejects;

  it('is rejected by name', async () => {
    await refused({ inputs: { smell: { ids: [[1]] } } }).toThrow("'smell' is not an input of the model, only rgb@224");
    await refused({ targets: [{ modality: 'rgb@224' }] }).toThrow("'rgb@224' is not an output of the model");
    await refused({ inputs: { caption: { ids: [[209]] } } }).toThrow("'caption' is given twice");
    await refused({ inputs: { 'tok_clip@224': { ids: [[1, 2]] } } }).toThrow(/16 tokens a sample, not 2/);
    await refused({ inputs: { 'rgb@224': { pixels: images }, det: { ids: [[9]] } } }).toThrow(/3, 1/);
    await refused({ inputs: { caption: { pixels: images } }, targets: [] }).toThrow(InvalidInputError);
    await refused({ inputs: { 'rgb@224': { pixels: [new Float32Array(5)] } } }).toThrow(/pixel values/);
  });

  it('an aborted signal stops between two steps and leaks no tensor', async () => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    let steps = 0;
    const onProgress = () => {
      if (++steps === 2) controller.abort();
    };
    await refused({ signal: controller.signal, onProgress }).toThrow(CancelledError);
    expect(steps).toBe(2);
    const later = new AbortController();
    await refused({
      signal: later.signal,
      onProgress: ({ modality }) => modality === 'caption' && later.abort(),
    }).toThrow("generating 'caption' was cancelled");
    expect(tf.memory().numTensors).toBe(before);
  });
});
