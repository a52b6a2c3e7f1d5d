import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeContext } from '../../src/decoding/encode-context.js';
import { generateTokens } from '../../src/decoding/generate.js';
import { type Condition, guidancePasses, type Passes } from '../../src/decoding/guidance.js';
import { maskedPositions, predictLogits } from '../../src/decoding/image-tokens.js';
import { SequenceDecoder } from '../../src/decoding/sequence-decoder.js';
import { emptyImageTarget, emptySequenceTarget, fullImage, fullSequence } from '../../src/decoding/state.js';
import { Random } from '../../src/random.js';
import type { Batch } from '../../src/transformer/batch.js';
import { targetLogits } from '../../src/transformer/embeddings.js';
import { decode, embedTargets } from '../../src/transformer/forward.js';
import type { FourM } from '../../src/transformer/model.js';
import { onBackends } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { disposeOf, randomModel, smallConfigs, tinyVocabulary as vocabulary } from './random-model.js';

const close = { rtol: 1e-4, atol: 1e-5 };
const target = 'tok_depth@224';

/** Two samples with a text and an image, and an empty target. */
function sampleBatch(model: FourM): Batch {
  const ids = Int32Array.from({ length: 32 }, (_, i) => i % 12);
  return {
    size: 2,
    modalities: {
      caption: fullSequence([[20, 21, 1], [25]], vocabulary),
      'tok_rgb@224': fullImage(model.modalities['tok_rgb@224']!, 2, { ids }),
      [target]: emptyImageTarget(model.modalities[target]!, 2),
    },
  };
}

const logitsOf = (model: FourM, passes: Passes) => {
  const positions = passes.batches.map((batch) => maskedPositions(batch, target));
  return predictLogits(model, passes, target, positions);
};

/** Logits of a sequence's tokens, all at once: no token sees those after it. [B, M, V] */
async function uncachedLogits(model: FourM, batch: Batch, ids: readonly number[][]): Promise<Float32Array> {
  const count = ids[0]!.length;
  const flat = Int32Array.from(ids.flat());
  const indices = flat.map((_, i) => i);
  const none = new Uint8Array(flat.length);
  const sequence = { ids: flat, inputMask: none, targetMask: none, decoderAttentionMask: new Int32Array(flat.length) };
  const later = Uint8Array.from({ length: batch.size * count * count }, (_, i) =>
    Number(i % count > Math.floor(i / count) % count),
  );
  const logits = tf.tidy(() => {
    const gathered = [
      { modality: 'det', sequenceIndices: indices, tokenIndices: indices, positions: indices.map((i) => i % count) },
    ];
    const y = embedTargets(
      model,
      { size: batch.size, modalities: { det: sequence } },
      { size: batch.size, length: count, padding: none, modalityIds: indices, gathered: gathered },
    );
    return targetLogits(model.decoderEmbeddings.det!, decode(model, y, encodeContext(model, batch), later).output);
  });
  const values = (await logits.data()) as Float32Array;
  logits.dispose();
  return values;
}

/** Runs a property on models of random shapes and weights. */
function forRandomModels(check: (model: FourM, seed: number) => Promise<void>): Promise<void> {
  return fc.assert(
    fc.asyncProperty(smallConfigs, fc.nat(1000), async (config, seed) => {
      const model = randomModel(seed, config);
      try {
        await check(model, seed);
      } finally {
        disposeOf(model);
      }
    }),
    { numRuns: 6 },
  );
}

onBackends(['cpu', 'wasm', 'node'], () => {
  it('guidance with scale 1 equals none, in logits and tokens', () =>
    forRandomModels(async (model, seed) => {
      const batch = sampleBatch(model);
      const condition = { caption: batch.modalities.caption!, 'tok_rgb@224': batch.modalities['tok_rgb@224']! };
      const rest = { size: 2, modalities: { [target]: batch.modalities[target]! } };
      const none = await logitsOf(model, { batches: [batch], weights: [] });
      const weighted = { weights: [1], conditions: [condition] };
      expectClose(
        await logitsOf(model, guidancePasses(rest, target, weighted, model.modalities, vocabulary)),
        none,
        close,
        'weight 1',
      );
      const scaled = guidancePasses(batch, target, { scale: 1, conditions: ['caption'] }, model.modalities, vocabulary);
      expect(await logitsOf(model, scaled)).toEqual(none);

      const request = { inputs: { caption: { ids: [[20, 21]] } }, vocabulary };
      const targets = [{ modality: target, steps: 2 }, { modality: 'det' }];
      const plain = await generateTokens(model, { ...request, targets, random: new Random(seed) });
      const guided = targets.map((one) => ({ ...one, guidanceScale: 1 }));
      expect(await generateTokens(model, { ...request, targets: guided, random: new Random(seed) })).toEqual(plain);
    }));

  it('weights of 0 equal no condition, in logits and tokens', () =>
    forRandomModels(async (model, seed) => {
      const batch = sampleBatch(model);
      const rest = { size: 2, modalities: { [target]: batch.modalities[target]! } };
      const conditions: Condition[] = [
        { caption: batch.modalities.caption! },
        { 'tok_rgb@224': batch.modalities['tok_rgb@224']! },
        { caption: fullSequence([[22], [23, 24, 25, 1]], vocabulary) },
      ];
      const zeros = { weights: [0, 0, 0], conditions };
      const none = await logitsOf(model, { batches: [rest], weights: [] });
      const weighted = await logitsOf(model, guidancePasses(rest, target, zeros, model.modalities, vocabulary));
      expectClose(weighted, none, close, 'weights 0');

      const shared = { targets: [{ modality: target, steps: 2 }], vocabulary };
      const unconditional = await generateTokens(model, { ...shared, inputs: {}, random: new Random(seed) });
      const ids = [[20, 21]];
      const weightless = [0, 0].map((weight) => ({ inputs: { caption: { ids } }, weight }));
      const request = { ...shared, inputs: {}, conditions: weightless, random: new Random(seed) };
      expect(await generateTokens(model, request)).toEqual(unconditional);
    }));

  it('the terms of several conditions add up, negative weights included', () =>
    forRandomModels(async (model) => {
      const batch = sampleBatch(model);
      const rest = { size: 2, modalities: { [target]: batch.modalities[target]! } };
      const conditions: Condition[] = [
        { caption: batch.modalities.caption! },
        { 'tok_rgb@224': batch.modalities['tok_rgb@224']! },
      ];
      const alone = async (modalities: Batch['modalities']) =>
        logitsOf(model, { batches: [{ size: 2, modalities: { ...modalities, ...rest.modalities } }], weights: [] });
      const [first, second, none] = [await alone(conditions[0]!), await alone(conditions[1]!), await alone({})];
      const weights = [2, -0.5];
      const together = guidancePasses(rest, target, { weights, conditions }, model.modalities, vocabulary);
      const expected = none.map((u, i) => u + 2 * (first[i]! - u) - 0.5 * (second[i]! - u));
      expectClose(await logitsOf(model, together), expected, { rtol: 1e-3, atol: 1e-4 }, 'weighted logits');
    }));

  it('the KV cache changes nothing, guided or not', () =>
    forRandomModels(async (model) => {
      const sequence = { det: emptySequenceTarget(2, 11, vocabulary) };
      const batch = { size: 2, modalities: { ...sampleBatch(model).modalities, ...sequence } };
      const passes = guidancePasses(
        batch,
        'det',
        { scale: 2.5, conditions: ['caption'] },
        model.modalities,
        vocabulary,
      );
      const ids = [
        [3, 20, 21, 4],
        [3, 25, 25, 28],
      ];
      const [cond, uncond] = [
        await uncachedLogits(model, passes.batches[0]!, ids),
        await uncachedLogits(model, passes.batches[1]!, ids),
      ];
      const plain = new SequenceDecoder(model, { batches: [batch], weights: [] }, 'det');
      const guided = new SequenceDecoder(model, passes, 'det');
      const width = model.modalities.det!.vocabSize!;
      for (let i = 0; i < 4; i++) {
        const row = (values: Float32Array) =>
          [0, 1].flatMap((b) => Array.from(values.subarray((b * 4 + i) * width, (b * 4 + i + 1) * width)));
        const next = Int32Array.from(ids, (own) => own[i]!);
        expectClose(await plain.next(next), row(cond), close, `token ${i}`);
        const mixed = row(uncond.map((u, at) => u + 2.5 * (cond[at]! - u)));
        expectClose(await guided.next(next), mixed, { rtol: 1e-3, atol: 1e-4 }, `guided token ${i}`);
      }
      plain.dispose();
      guided.dispose();
    }));
});
