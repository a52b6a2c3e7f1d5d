import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateTokens } from '../../src/decoding/generate.js';
import { predictLogits } from '../../src/decoding/image-tokens.js';
import { likeliestTokens, softmax } from '../../src/decoding/sampling.js';
import { emptyImageTarget, fullImage } from '../../src/decoding/state.js';
import type { GeneratedToken } from '../../src/decoding/step.js';
import { contextKVCache, selfAttention } from '../../src/nn/attention.js';
import { layerNorm } from '../../src/nn/layer-norm.js';
import { linear } from '../../src/nn/linear.js';
import { mlp } from '../../src/nn/mlp.js';
import { Random } from '../../src/random.js';
import { embedTargets, encode, selectEncoderInputs } from '../../src/transformer/forward.js';
import type { FourM } from '../../src/transformer/model.js';
import { selectTargets } from '../../src/transformer/selection.js';
import { onBackends } from '../on-backends.js';
import { disposeOf, randomModel, smallConfigs, tinyVocabulary } from './random-model.js';

const TARGET = 'tok_depth@224';
const pixelsOf = (seed: number) => Float32Array.from(new Random(seed).uniforms(3 * 32 * 32));

/** All tokens that a generation reports, by modality and sample, in order. */
async function reported(
  model: FourM,
  request: Partial<Parameters<typeof generateTokens>[1]>,
): Promise<Record<string, GeneratedToken[][]>> {
  const all: Record<string, GeneratedToken[][]> = {};
  await generateTokens(model, {
    inputs: { 'rgb@224': { pixels: [pixelsOf(1)] } },
    targets: [{ modality: TARGET, method: 'roar', steps: 4, temperature: 1 }],
    vocabulary: tinyVocabulary,
    random: new Random(2),
    details: { alternatives: 5, attention: true },
    onTokens({ modality, samples }) {
      samples.forEach((tokens, b) => {
        all[modality] ??= samples.map(() => []);
        all[modality][b]!.push(...tokens);
      });
    },
    ...request,
  });
  return all;
}

/** Sorted by probability, with plain arithmetic in 64 bits. */
function plainAlternatives(logits: Float32Array, count: number) {
  const highest = Math.max(...logits);
  const weights = Array.from(logits, (x) => Math.exp(x - highest));
  const total = weights.reduce((a, b) => a + b);
  const tokens = weights.map((weight, id) => ({ id, probability: weight / total }));
  return tokens.sort((a, b) => b.probability - a.probability).slice(0, count);
}

/** The attention of all target tokens to all input tokens in the first step, head by head in plain loops: [M][N]. */
function plainAttention(model: FourM, batch: Parameters<typeof encode>[1]): number[][] {
  const blocks = tf.tidy(() => {
    const { context } = encode(model, batch, selectEncoderInputs(model, batch));
    const targets = selectTargets(batch, model.modalities, [TARGET], { causal: false, separate: true });
    let x = embedTargets(model, batch, targets);
    return model.decoder.map((p) => {
      x = tf.add(x, selfAttention(p.selfAttn, layerNorm(p.norm1, x)).output);
      const own = layerNorm(p.queryNorm, x);
      const { keys, values } = contextKVCache(p.crossAttn, layerNorm(p.contextNorm, context));
      const [q, k, v] = [linear(p.crossAttn.q, own), keys, values].map((t) => (t.arraySync() as number[][][])[0]!);
      const { heads } = p.crossAttn;
      const width = q![0]!.length / heads;
      const attended = q!.map((query) => {
        const shares = k!.map(() => 0);
        const output = query.map(() => 0);
        for (let h = 0; h < heads; h++) {
          const range = Array.from({ length: width }, (_, i) => h * width + i);
          const scores = k!.map((key) => range.reduce((sum, i) => sum + query[i]! * key[i]!, 0) / Math.sqrt(width));
          const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
          const total = weights.reduce((a, b) => a + b);
          weights.forEach((weight, n) => {
            shares[n]! += weight / total / heads;
            for (const i of range) output[i]! += (weight / total) * v![n]![i]!;
          });
        }
        return { shares, output };
      });
      x = tf.add(x, linear(p.crossAttn.proj, tf.tensor3d([attended.map(({ output }) => output)])));
      x = tf.add(x, mlp(p.mlp, layerNorm(p.norm2, x)));
      return attended.map(({ shares }) => shares);
    }) as unknown as tf.TensorContainer;
  }) as unknown as number[][][];
  return blocks[0]!.map((row, m) =>
    row.map((_, n) => blocks.reduce((sum, own) => sum + own[m]![n]!, 0) / blocks.length),
  );
}

onBackends(['cpu', 'wasm'], () => {
  test('alternatives and attention of the first step are those of a plain computation', async () => {
    for (const config of [{ decoder_depth: 2 }, { num_heads: 1, num_register_tokens: 2 }]) {
      const model = randomModel(3, config);
      const tokens = (await reported(model, { targets: [{ modality: TARGET, method: 'roar', steps: 1 }] }))[
        TARGET
      ]![0]!;
      const info = model.modalities[TARGET]!;
      const rgb = fullImage(model.modalities['rgb@224']!, 1, { pixels: pixelsOf(1) });
      const batch = { size: 1, modalities: { 'rgb@224': rgb, [TARGET]: emptyImageTarget(info, 1) } };
      const positions = tokens.map(({ position }) => position);
      const logits = await predictLogits(model, { batches: [batch], weights: [] }, TARGET, [[positions]]);
      const registers = model.config.num_register_tokens;
      const attention = plainAttention(model, batch);
      expect(tokens).toHaveLength(16);
      tokens.forEach(({ position, alternatives, attention: own }, row) => {
        const plain = plainAlternatives(logits.slice(row * info.vocabSize!, (row + 1) * info.vocabSize!), 5);
        expect(alternatives!.map(({ id }) => id)).toEqual(plain.map(({ id }) => id));
        alternatives!.forEach(({ probability }, i) => {
          expect(probability).toBeCloseTo(plain[i]!.probability, 5);
        });
        expect(own).toHaveLength(1);
        expect(own![0]!.map(({ modality }) => modality)).toEqual(['rgb@224']);
        const expected = attention[position]!.slice(registers);
        expect(own![0]![0]!.shares).toHaveLength(expected.length);
        own![0]![0]!.shares.forEach((share, n) => {
          expect(share).toBeCloseTo(expected[n]!, 5);
        });
      });
      disposeOf(model);
    }
  });

  test('with details, the tokens are the same, no tensor leaks, and attention shares are over the inputs', async () => {
    const targets = fc.constantFrom(
      [{ modality: TARGET, method: 'maskgit' as const, steps: 3, temperature: 1, topK: 4 }],
      [
        { modality: TARGET, method: 'roar' as const, steps: 3, temperature: 0, guidanceScale: 2 },
        { modality: 'caption' },
      ],
      [
        { modality: 'caption', temperature: 1, topP: 0.8, guidanceScale: 1.5 },
        { modality: TARGET, steps: 2 },
      ],
    );
    await fc.assert(
      fc.asyncProperty(smallConfigs, targets, fc.integer(), async (config, targets, seed) => {
        const model = randomModel(4, config);
        const inputs = {
          'rgb@224': { pixels: [pixelsOf(5), pixelsOf(6)] },
          det: { ids: [Int32Array.of(20, 21, 22), Int32Array.of(23)] },
        };
        const random = () => [new Random(seed), new Random(seed + 1)];
        const without = await reported(model, { inputs, targets, random: random(), details: undefined });
        const before = tf.memory().numTensors;
        const all = await reported(model, { inputs, targets, random: random() });
        expect(tf.memory().numTensors).toBe(before);
        for (const [name, samples] of Object.entries(all)) {
          expect(samples.map((tokens) => tokens.map(({ id, position }) => [id, position]))).toEqual(
            without[name]!.map((tokens) => tokens.map(({ id, position }) => [id, position])),
          );
          samples.forEach((tokens, b) => {
            for (const { id, probability, alternatives, attention } of tokens) {
              const own = alternatives!.find((token) => token.id === id);
              if (own) expect(own.probability).toBe(probability);
              expect(alternatives!.length).toBeLessThanOrEqual(5);
              expect(
                alternatives!.every((token, i) => token.probability <= (alternatives![i - 1]?.probability ?? 1)),
              ).toBe(true);
              expect(attention).toHaveLength(1);
              const det = attention![0]!.find(({ modality }) => modality === 'det')!;
              expect([...det.ids!]).toEqual([...inputs.det.ids[b]!, tinyVocabulary.eosId]);
              const total = attention![0]!.flatMap(({ shares }) => [...shares]).reduce((a, b) => a + b);
              if (model.config.num_register_tokens === 0) expect(total).toBeCloseTo(1, 4);
              else expect(total).toBeLessThan(1);
            }
          });
        }
        disposeOf(model);
      }),
      { numRuns: 6 },
    );
  });

  test('each weighted condition has a pass of its own', async () => {
    const model = randomModel(5);
    const condition = (id: number, weight: number) => ({ inputs: { det: { ids: [Int32Array.of(id)] } }, weight });
    const { caption, [TARGET]: depth } = await reported(model, {
      conditions: [condition(20, 2), condition(21, -1)],
      targets: [{ modality: 'caption' }, { modality: TARGET, steps: 2 }],
    });
    const detOf = (token: GeneratedToken) =>
      token.attention!.map((pass) => pass.find(({ modality }) => modality === 'det')?.ids?.[0]);
    expect(detOf(caption![0]![0]!)).toEqual([20, 21]);
    expect(detOf(depth![0]![0]!)).toEqual([20, 21, undefined]);
    disposeOf(model);
  });
});

test('the likeliest tokens are the first of all by probability', () => {
  const logits = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -20, max: 20 }), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(logits, fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 0.5, 1), (values, count, temperature) => {
      const all = Float32Array.from(values);
      const probabilities = softmax(all, temperature || 1);
      const tokens = likeliestTokens(all, { temperature }, count);
      const sorted = [...probabilities].filter((p) => p > 0).sort((a, b) => b - a);
      expect(tokens.map(({ probability }) => Math.fround(probability))).toEqual(sorted.slice(0, count));
      for (const { id, probability } of tokens) expect(Math.fround(probability)).toBe(probabilities[id]);
    }),
  );
});
