import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { DecodingTarget } from '../../src/decoding/chain-steps.js';
import { encodeContext } from '../../src/decoding/encode-context.js';
import { EncoderCache } from '../../src/decoding/encoder-cache.js';
import { generateTokens } from '../../src/decoding/generate.js';
import type { KnownModalities } from '../../src/decoding/known-modalities.js';
import {
  concatBatches,
  emptyImageTarget,
  fullImage,
  fullSequence,
  unconditionalBatch,
} from '../../src/decoding/state.js';
import { Random } from '../../src/random.js';
import type { Batch } from '../../src/transformer/batch.js';
import { type DecoderContext, decode } from '../../src/transformer/forward.js';
import type { FourM } from '../../src/transformer/model.js';
import { onBackends, onOneBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { disposeOf, randomModel, smallConfigs, tinyVocabulary as vocabulary } from './random-model.js';

/** Two samples with a text and an image, of which so many tokens are known. */
function sampleBatch(model: FourM, known: number): Batch {
  const image = fullImage(model.modalities['tok_rgb@224']!, 2, {
    ids: Int32Array.from({ length: 32 }, (_, i) => i % 12),
  });
  return {
    size: 2,
    modalities: {
      caption: fullSequence([[20, 21, 1], [25]], vocabulary),
      'tok_rgb@224': { ...image, inputMask: image.inputMask.map((_, i) => Number(i % 16 >= known)) },
      'tok_depth@224': emptyImageTarget(model.modalities['tok_depth@224']!, 2),
    },
  };
}

const guided = (model: FourM, batch: Batch) => [
  batch,
  unconditionalBatch(batch, ['caption', 'tok_rgb@224'], model.modalities, vocabulary),
];

/** The decoder's output for the same targets in four samples, given their context. */
async function decoded(model: FourM, context: () => DecoderContext): Promise<Float32Array> {
  const { dim } = model.config;
  const output = tf.tidy(() => {
    const y = tf.tensor3d(
      Float32Array.from({ length: 3 * dim }, (_, i) => Math.sin(i)),
      [1, 3, dim],
    );
    return decode(model, tf.tile(y, [4, 1, 1]), context()).output;
  });
  const values = (await output.data()) as Float32Array;
  output.dispose();
  return values;
}

onBackends(['cpu', 'wasm', 'node'], () => {
  it('cached, shared and padded contexts equal those of one batch encoded anew', () =>
    fc.assert(
      fc.asyncProperty(
        smallConfigs,
        fc.array(fc.nat(16), { minLength: 1, maxLength: 3 }),
        fc.nat(100),
        async (config, steps, seed) => {
          const model = randomModel(seed, config);
          const before = tf.memory().numTensors;
          const cache = new EncoderCache(model);
          for (const known of steps) {
            const batches = guided(model, sampleBatch(model, known));
            const read = cache.encode(batches);
            const kept = await decoded(model, () => read);
            const anew = await decoded(model, () => encodeContext(model, concatBatches(batches)));
            expectClose(kept, anew, { rtol: 1e-4, atol: 1e-5 }, `with ${known} tokens`);
          }
          cache.dispose();
          expect(tf.memory().numTensors).toBe(before);
          disposeOf(model);
        },
      ),
      { numRuns: 10 },
    ));
});

describe('nothing is encoded twice', () => {
  onOneBackend();

  /** Counts the runs of encoder and decoder: each ends with its norm. */
  function counted(model: FourM): { model: FourM; runs: { encoder: number; decoder: number } } {
    const runs = { encoder: 0, decoder: 0 };
    return {
      runs,
      model: {
        ...model,
        get encoderNorm() {
          runs.encoder++;
          return model.encoderNorm;
        },
        get decoderNorm() {
          runs.decoder++;
          return model.decoderNorm;
        },
      },
    };
  }

  const caption = { caption: { ids: [[20, 21, 22, 23]] } };
  const dense = { steps: 1, guidanceScale: 2, temperature: 0 };

  it.each<[string, KnownModalities, DecodingTarget[], { encoder: number; decoder: number }]>([
    ['a step', caption, [{ modality: 'tok_rgb@224', steps: 1 }], { encoder: 1, decoder: 1 }],
    [
      'four steps, of which each sees more',
      caption,
      [{ modality: 'tok_rgb@224', steps: 4 }],
      { encoder: 4, decoder: 4 },
    ],
    [
      'guided steps: the unconditional inputs are encoded once',
      caption,
      [
        { modality: 'tok_rgb@224', ...dense },
        { modality: 'tok_depth@224', ...dense },
      ],
      { encoder: 3, decoder: 2 },
    ],
    [
      'samples that are alike',
      { caption: { ids: [caption.caption.ids[0]!, caption.caption.ids[0]!] } },
      [{ modality: 'tok_rgb@224', ...dense, method: 'roar' }],
      { encoder: 2, decoder: 1 },
    ],
  ])('%s', async (_, inputs, targets, expected) => {
    const { model, runs } = counted(randomModel(3));
    await generateTokens(model, { inputs, targets, vocabulary, random: new Random(0) });
    expect(runs).toEqual(expected);
    disposeOf(model);
  });

  it('guided texts: inputs are encoded once per text, and each token is one run of the decoder', async () => {
    const { model, runs } = counted(randomModel(4));
    const inputs = { 'tok_rgb@224': { ids: [Int32Array.from({ length: 16 }, (_, i) => i % 12)] } };
    const targets = ['caption', 'det'].map((modality) => ({ modality, guidanceScale: 2 }));
    let tokens = 0;
    const onProgress = ({ done }: { done: number }) => {
      if (done > 0) tokens++;
    };
    await generateTokens(model, { inputs, targets, vocabulary, random: new Random(0), onProgress });
    expect(runs).toEqual({ encoder: 3, decoder: tokens });
    disposeOf(model);
  });

  it('logits are computed for committed tokens only, and only ids are read back if that is enough', async () => {
    const model = randomModel(5);
    const read = vi.spyOn(tf.Tensor.prototype, 'data');
    const targets: DecodingTarget[] = [
      { modality: 'tok_rgb@224', method: 'roar', steps: 4, guidanceScale: 2, temperature: 0 },
      { modality: 'caption', guidanceScale: 2, temperature: 0 },
    ];
    const generate = () =>
      generateTokens(model, { inputs: { det: { ids: [[20, 21]] } }, targets, vocabulary, random: new Random(0) });
    const { kernels } = await tf.profile(generate);
    const sizes = read.mock.contexts.map((tensor) => (tensor as tf.Tensor).size);
    read.mockRestore();
    const logits = kernels.flatMap(({ outputShapes }) => outputShapes).filter(([, width]) => width === 12);
    expect(Math.max(...logits.filter(({ length }) => length === 2).map(([rows]) => rows!))).toBe(2 * 4);
    expect(new Set(sizes)).toEqual(new Set([4, 1]));
    disposeOf(model);
  });
});
