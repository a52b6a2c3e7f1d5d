import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { publishedModalities } from '../../src/modalities/published.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { forward } from '../../src/transformer/forward.js';
import { fourMLoss } from '../../src/transformer/loss.js';
import { buildFourM } from '../../src/transformer/model.js';
import { onEachBackend, onOneBackend } from '../on-backends.js';
import { fmCase, referenceBatch, referenceModalities, referenceModel } from './reference.js';

onEachBackend(() => {
  it('leaks no tensors', async () => {
    const reference = fmCase('fm_mod7_swiglu');
    const model = await referenceModel(reference);
    const batch = referenceBatch(reference, model);
    const before = tf.memory().numTensors;
    const { value, grads } = tf.variableGrads(() => fourMLoss(model, batch, { lossType: 'mod' }).loss);
    tf.dispose([value, ...Object.values(grads)]);
    expect(tf.memory().numTensors).toBe(before);
    for (const parameter of model.parameters.all) parameter.dispose();
  });

  it('allocates nothing before the weights are loaded', () => {
    const before = tf.memory().numBytes;
    const domains = ['rgb@224', 'caption', 'tok_depth@224'];
    const large = { domains_in: domains, domains_out: domains.slice(1), dim: 2048, encoder_depth: 24, num_heads: 32 };
    const model = buildFourM(parseFourMConfig(large), publishedModalities);
    expect(model.parameters.all.some((p) => p.loaded)).toBe(false);
    expect(tf.memory().numBytes).toBe(before);
  });
});

// As `int(dim * mlp_ratio)` officially, and two thirds of it in gated MLPs, cut off once more.
it.each([
  [false, 2.6, 20],
  [true, 2.6, 13],
  [true, 2.5, 13],
])('MLP widths are truncated to integers (gated: %s, ratio %d)', (gated_mlp, mlp_ratio, hidden) => {
  const names = ['tok_rgb@224'];
  const config = { domains_in: names, domains_out: names, dim: 8, num_heads: 2, gated_mlp, mlp_ratio };
  const { encoder, decoder } = buildFourM(parseFourMConfig(config), publishedModalities);
  for (const { mlp } of [...encoder, ...decoder]) expect(mlp.fc1.weight.shape).toEqual([hidden, 8]);
});

describe('bad input', () => {
  onOneBackend();
  const config = parseFourMConfig({ domains_in: ['tok_rgb@224'], domains_out: ['tok_rgb@224'], dim: 8, num_heads: 2 });
  const modalities = referenceModalities(['tok_rgb@224'], { 'tok_rgb@224': { input_size: 32, vocab_size: 4 } });

  it('is rejected in a configuration, by key', () => {
    const good = { domains_in: ['caption'], domains_out: ['caption'] };
    expect(() => parseFourMConfig({ ...good, dim: 8.5 })).toThrow(/"dim"/);
    expect(() => parseFourMConfig({ ...good, width: 8 })).toThrow(/"width"/);
    expect(() => parseFourMConfig({ domains_in: ['caption'] })).toThrow(/"domains_out"/);
    expect(() => parseFourMConfig({ ...good, dim: 8, num_heads: 3 })).toThrow(/num_heads/);
    expect(() => parseFourMConfig({ ...good, act_layer: 'Softplus' })).toThrow(InvalidInputError);
  });

  it('names an unknown modality and the known ones', () => {
    const unknown = { ...config, domains_out: ['tok_smell@224'] };
    expect(() => buildFourM(unknown, modalities)).toThrow("unknown modality 'tok_smell@224'; known are tok_rgb@224");
  });

  it('is rejected in a batch: ids beyond the vocabulary, values of the wrong size, missing targets', () => {
    const model = buildFourM({ ...config, encoder_depth: 0, decoder_depth: 0 }, modalities);
    const masks = {
      inputMask: Uint8Array.of(0, 0, 1, 1),
      targetMask: Uint8Array.of(1, 1, 0, 0),
      decoderAttentionMask: Int32Array.of(0, 0, 2, 0),
    };
    const run = (ids: Int32Array, decoderOrder?: string[]) =>
      tf.tidy(() => {
        const batch = { size: 1, modalities: { 'tok_rgb@224': { ids, ...masks } } };
        forward(model, batch, decoderOrder ? { decoderOrder } : {});
      });
    expect(() => run(Int32Array.of(0, 4, 0, 0))).toThrow("'tok_rgb@224' has the token id 4, but ids go from 0 to 3");
    expect(() => run(Int32Array.of(0, 0, 0))).toThrow(/needs 4 token ids of 'tok_rgb@224'/);
    expect(() => run(Int32Array.of(0, 0, 0, 0), ['det'])).toThrow("cannot predict 'det'");
  });
});
