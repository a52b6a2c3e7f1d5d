import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type DecodingProgress, runChain } from '../../src/decoding/chain.js';
import { type GenerationRequest, generateTokens } from '../../src/decoding/generate.js';
import { decodingRandomness } from '../../src/decoding/sampling.js';
import { emptyImageTarget, fullSequence } from '../../src/decoding/state.js';
import { Random } from '../../src/random.js';
import type { FourM } from '../../src/transformer/model.js';
import { onOneBackend } from '../on-backends.js';
import { disposeOf, randomModel, tinyVocabulary as vocabulary } from './random-model.js';

const captions = (...ids: number[][]) => ({ caption: { ids } });

describe('a chain with several conditions', () => {
  onOneBackend();

  async function generate(model: FourM, more: Partial<GenerationRequest>) {
    const request = {
      inputs: {},
      conditions: [
        { inputs: captions([20, 21]), weight: 2 },
        { inputs: captions([25, 26, 27]), weight: -0.5 },
      ],
      targets: [
        { modality: 'tok_depth@224', steps: 2, temperature: 0 },
        { modality: 'det', temperature: 0 },
        { modality: 'tok_rgb@224', method: 'roar', steps: 2, temperature: 0 },
      ],
      vocabulary,
      random: new Random(0),
    } as const;
    return generateTokens(model, { ...request, ...more });
  }

  it('generates every target, texts included, and leaks no tensor', async () => {
    const model = randomModel(5);
    const before = tf.memory().numTensors;
    const tokens = await generate(model, {});
    expect(tf.memory().numTensors).toBe(before);
    expect(tokens['tok_depth@224']![0]).toHaveLength(16);
    expect(tokens['tok_rgb@224']![0]).toHaveLength(16);
    expect(tokens.det![0]!.length).toBeLessThanOrEqual(10);
    disposeOf(model);
  });

  it('returns a text complete after it has become a condition, with official behaviour too', async () => {
    const model = randomModel(8);
    const targets = [
      { modality: 'det', temperature: 0 },
      { modality: 'tok_rgb@224', steps: 2 },
    ];
    const alone = await generate(model, { targets: targets.slice(0, 1), compat: 'official' });
    expect(alone.det![0]!.length).toBeGreaterThan(0);
    const first = await generate(model, { targets, compat: 'official' });
    expect(first.det).toEqual(alone.det);
    disposeOf(model);
  });

  it('commits all tokens of every target, also of those that have become conditions', async () => {
    const model = randomModel(5);
    const targets = ['tok_depth@224', 'tok_rgb@224'];
    const caption = fullSequence([[20, 21]], vocabulary);
    const steps = targets.map(
      (modality) => ({ modality, method: 'roar', tokens: 16, temperature: 0, weights: [1, 1] }) as const,
    );
    const empty = targets.map((name) => [name, emptyImageTarget(model.modalities[name]!, 1)] as const);
    const batch = { size: 1, modalities: Object.fromEntries(empty) };
    const randomness = decodingRandomness(new Random(0));
    const { modalities } = await runChain(model, batch, steps, {
      randomness,
      vocabulary,
      conditions: [{ caption }],
    });
    for (const name of targets) {
      expect(modalities[name]!.inputMask).not.toContain(1);
      expect(modalities[name]!.targetMask).not.toContain(0);
    }
    disposeOf(model);
  });

  it('reports the progress of a text token by token', async () => {
    const model = randomModel(8);
    const reports: string[] = [];
    const onProgress = ({ done, total, remaining: left }: DecodingProgress) =>
      reports.push(`${done} of ${total}, ${left.tokens} left`);
    await generate(model, { targets: [{ modality: 'det', temperature: 0 }], onProgress });
    // Ten positions; the first is the sentinel at the start of the target.
    expect(reports).toEqual(Array.from({ length: 10 }, (_, i) => `${i} of 9, ${9 - i} left`));
    disposeOf(model);
  });

  it('makes a target a condition of the targets after it, with a weight of its own', async () => {
    const model = randomModel(6);
    const weighted = (...guidanceWeights: number[]) =>
      generate(model, {
        targets: [
          { modality: 'tok_depth@224', steps: 2, temperature: 0 },
          { modality: 'tok_rgb@224', steps: 2, temperature: 0, guidanceWeights },
        ],
      });
    const usual = await generate(model, {
      targets: [
        { modality: 'tok_depth@224', steps: 2, temperature: 0 },
        { modality: 'tok_rgb@224', steps: 2, temperature: 0 },
      ],
    });
    expect(await weighted(2, -0.5, 1)).toEqual(usual);
    const more = await weighted(2, -0.5, -20);
    expect(more['tok_depth@224']).toEqual(usual['tok_depth@224']);
    expect(more['tok_rgb@224']).not.toEqual(usual['tok_rgb@224']);
    disposeOf(model);
  });

  it('a single condition of weight 1 equals an input', async () => {
    const model = randomModel(7);
    const targets = [{ modality: 'tok_depth@224', steps: 3, temperature: 0 }];
    const asInput = await generateTokens(model, {
      inputs: captions([20, 21]),
      targets,
      vocabulary,
      random: new Random(0),
    });
    expect(await generate(model, { conditions: [{ inputs: captions([20, 21]), weight: 1 }], targets })).toEqual(
      asInput,
    );
    disposeOf(model);
  });

  it('rejects a wrong number of weights, an additional scale, and conditions that are targets', async () => {
    const model = randomModel(8);
    const refused = (more: Partial<GenerationRequest>) => expect(generate(model, more)).rejects;
    const target = { modality: 'tok_depth@224', steps: 1 };
    await refused({ targets: [{ ...target, guidanceWeights: [1] }] }).toThrow('needs 2 finite guidance weights');
    await refused({ targets: [{ ...target, guidanceWeights: [1, Number.NaN] }] }).toThrow('not 1, NaN');
    await refused({ targets: [{ ...target, guidanceScale: 3 }] }).toThrow('guidance is set by their weights');
    await refused({ targets: [{ modality: 'caption' }] }).toThrow("'caption' is both a condition and a target");
    disposeOf(model);
  });
});

describe('a target that is generated later', () => {
  onOneBackend();

  /** Depth from two models, greedy, with targets after it. */
  async function depthBefore(...later: string[]): Promise<number[][]> {
    const depths: number[][] = [];
    for (const seed of [5, 8]) {
      const model = randomModel(seed);
      const targets = ['tok_depth@224', ...later].map((modality) => ({ modality, temperature: 0 }));
      const tokens = await generateTokens(model, {
        inputs: captions([20, 21]),
        targets: targets.map((target) => (target.modality === 'det' ? target : { ...target, steps: 2 })),
        vocabulary,
        random: new Random(0),
      });
      depths.push(Array.from(tokens['tok_depth@224']![0]!));
      disposeOf(model);
    }
    return depths;
  }

  it('changes nothing before it if it is an image', async () => {
    expect(await depthBefore('tok_rgb@224')).toEqual(await depthBefore());
    expect(await depthBefore('tok_rgb@224', 'det')).toEqual(await depthBefore('det'));
  });

  it('is a sentinel of the input before it if it is a text, as officially', async () => {
    expect(await depthBefore('det')).not.toEqual(await depthBefore());
  });
});
