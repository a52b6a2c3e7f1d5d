import fc from 'fast-check';
import { beforeAll, describe, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { generateTokens } from '../../src/decoding/generate.js';
import type { KnownModalities } from '../../src/decoding/known-modalities.js';
import { currentDevice } from '../../src/memory/dry-run.js';
import { generationMemory } from '../../src/memory/generation.js';
import type { WeightDtype } from '../../src/nn/packed/packing.js';
import { Random } from '../../src/random.js';
import type { FourM } from '../../src/transformer/model.js';
import { disposeOf, randomModel, smallConfigs, tinyVocabulary } from '../decoding/random-model.js';
import { expectPredicted, largestMadeIn, peakOf } from './peak.js';

/** Larger than those of other tests, so that tensors are most of what there is. */
const SIZES = {
  'rgb@224': { input_size: 64, patch_size: 8 },
  'tok_rgb@224': { input_size: 64, patch_size: 8, vocab_size: 40 },
  'tok_depth@224': { input_size: 48, patch_size: 8, vocab_size: 200 },
  caption: { vocab_size: 60, max_tokens: 24, max_length: 25 },
  t5_caption: { orig_emb_dim: 12, max_tokens: 10 },
};

/** Texts never end of themselves, so that they reach their full length. */
const vocabulary = { ...tinyVocabulary, eosId: -1, sentinelIds: [2, 3, -2] };

const image = fc.record({
  modality: fc.constantFrom('tok_rgb@224', 'tok_depth@224'),
  method: fc.constantFrom('roar' as const, 'maskgit' as const),
  steps: fc.integer({ min: 1, max: 4 }),
  temperature: fc.constantFrom(0, 1),
  guidanceScale: fc.constantFrom(1, 2),
});
const text = fc.record({
  modality: fc.constant('caption'),
  method: fc.constant('autoregressive' as const),
  temperature: fc.constantFrom(0, 1),
  guidanceScale: fc.constantFrom(1, 2),
});

describe('of generation on wasm', () => {
  beforeAll(() => useBackend('wasm'));

  test('is no more than was predicted, and not much less', () => check(['f32'], 30));

  test('with weights in 16 and 8 bits too', () => check(['f16', 'int8'], 15));

  test('with the probabilities of greedy tokens, which a large vocabulary needs memory for', async () => {
    const model = randomModel(1, {}, { ...SIZES, caption: { vocab_size: 30_000, max_tokens: 4, max_length: 5 } });
    const targets = [{ modality: 'caption', temperature: 0 }];
    const size = { inputs: tokensIn(model, ['t5_caption']), targets, details: {} };
    const inputs = valuesOf(['t5_caption'], 1);
    const measured = await peakOf(() =>
      generateTokens(model, { inputs, targets, vocabulary, random: new Random(2), onTokens: () => {} }),
    );
    const predicted = generationMemory(model, currentDevice('f32'), size)(1).working;
    disposeOf(model);
    expectPredicted(predicted, measured);
  });

  test('with weighted conditions and a partly given picture', async () => {
    const cases = fc.record({
      config: smallConfigs.map((c) => ({ ...c, dim: 4 * c.dim })),
      inputs: fc.subarray(['rgb@224'] as const),
      conditions: fc.integer({ min: 1, max: 2 }),
      size: fc.integer({ min: 1, max: 3 }),
      steps: fc.integer({ min: 1, max: 3 }),
      known: fc.integer({ min: 1, max: 63 }),
      more: fc.subarray(['tok_depth@224', 'caption']),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ config, inputs, conditions, size, steps, known, more }) => {
        const model = randomModel(1, config, SIZES);
        const targets = [{ modality: 'tok_rgb@224', steps }, ...more.map((modality) => ({ modality }))];
        const predicted = generationMemory(model, currentDevice('f32'), {
          inputs: tokensIn(model, inputs),
          conditions: Array.from({ length: conditions }, () => tokensIn(model, ['t5_caption'])),
          targets,
          given: { 'tok_rgb@224': { known, masked: 64 - known } },
        })(size);
        const part = {
          ids: Array.from({ length: size }, (_, b) => Int32Array.from({ length: 64 }, (_, i) => (i + b) % 40)),
          known: Array.from({ length: size }, () => Uint8Array.from({ length: 64 }, (_, i) => Number(i < known))),
        };
        const measured = await peakOf(() =>
          generateTokens(model, {
            inputs: { ...valuesOf(inputs, size), 'tok_rgb@224': part },
            conditions: Array.from({ length: conditions }, (_, i) => {
              return { inputs: valuesOf(['t5_caption'], size, i), weight: i + 1 };
            }),
            targets,
            vocabulary,
            random: new Random(2),
          }),
        );
        disposeOf(model);
        expectPredicted(predicted.working, measured);
      }),
      { numRuns: 20 },
    );
  });
});

async function check(dtypes: WeightDtype[], numRuns: number): Promise<void> {
  const cases = fc.record({
    config: smallConfigs.map((c) => ({ ...c, dim: 4 * c.dim, act_layer: c.gated_mlp ? 'SiLU' : 'GELU' })),
    inputs: fc.subarray(['rgb@224', 't5_caption'] as const, { minLength: 1 }),
    size: fc.integer({ min: 1, max: 3 }),
    details: fc.option(fc.constantFrom({}, { alternatives: 3 }, { attention: true }), { nil: undefined }),
    dtype: fc.constantFrom(...dtypes),
    targets: fc.uniqueArray(fc.oneof(image, text), { minLength: 1, maxLength: 3, selector: (t) => t.modality }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ config, inputs, size, details, dtype, targets }) => {
      const model = kept(randomModel(1, config, SIZES), dtype);
      const predicted = generationMemory(model, currentDevice(dtype), {
        inputs: tokensIn(model, inputs),
        targets,
        details,
      })(size);
      const generate = () =>
        generateTokens(model, {
          inputs: valuesOf(inputs, size),
          targets,
          vocabulary,
          random: new Random(2),
          ...(details && { onTokens: () => {}, details }),
        });
      let generated: Readonly<Record<string, readonly Int32Array[]>> = {};
      const measured = await peakOf(async () => {
        generated = await generate();
      });
      const largest = await largestMadeIn(generate);
      disposeOf(model);
      // Tokens after a sentinel without a span are not input of later targets: less memory than computed.
      const isWhole = generated.caption?.every(({ length }) => length >= SIZES.caption.max_tokens - 1) ?? true;
      expectPredicted(predicted.working, measured, isWhole);
      expectPredicted(predicted.largestTensor, largest, isWhole);
    }),
    { numRuns },
  );
}

/** The same model with weights of another type. */
function kept(model: FourM, dtype: WeightDtype): FourM {
  const random = new Random(4);
  for (const parameter of model.parameters.all) {
    parameter.dispose();
    parameter.setDtype(dtype);
    parameter.load(Float32Array.from({ length: parameter.size }, () => 0.5 * random.normal()));
  }
  return model;
}

function tokensIn({ modalities }: FourM, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, modalities[name]!.maxTokens]));
}

function valuesOf(names: readonly string[], size: number, seed = 3): KnownModalities {
  const random = new Random(seed);
  const each = (count: number) => Array.from({ length: size }, () => Float32Array.from(random.uniforms(count)));
  const all: KnownModalities = { 'rgb@224': { pixels: each(3 * 64 * 64) }, t5_caption: { embeddings: each(10 * 12) } };
  return Object.fromEntries(names.map((name) => [name, all[name]!]));
}
