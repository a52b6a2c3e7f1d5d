import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { publishedModalities } from '../../src/modalities/published.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { targetLogits } from '../../src/transformer/embeddings.js';
import { embedInputs, embedTargets, encode, forward } from '../../src/transformer/forward.js';
import { fourMLoss, type LossOptions } from '../../src/transformer/loss.js';
import { buildFourM } from '../../src/transformer/model.js';
import { onEachBackend, onOneBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { type FmCase, fmCase, referenceBatch, referenceModalities, referenceModel } from './reference.js';

const cases = [
  'fm_mod7_swiglu',
  'fm_mod7_gelu',
  'fm_mod7_causal',
  'fm_mod7_causal_nosep',
  'fm_mod7_rect',
  'fm_mod7_registers',
  'fm_mod7_qknorm_nosep',
  'fm_seq_overflow',
  'fm_mod21',
];

const limits = ({ about }: FmCase) => ({
  encoderTokens: about.num_encoder_tokens,
  decoderTokens: about.num_decoder_tokens,
  decoderOrder: about.decoder_modality_order,
});

onEachBackend((backend) => {
  // SwiftShader takes its time: one case of each kind of model is enough there.
  const some = backend === 'webgpu' ? ['fm_mod7_gelu', 'fm_mod7_qknorm_nosep'] : cases;

  it.each(some)('%s: every stage equals the reference', async (name) => {
    const reference = fmCase(name);
    const model = await referenceModel(reference);
    const batch = referenceBatch(reference, model);
    const tensors: Record<string, tf.Tensor> = {};
    const exact: Record<string, ArrayLike<number>> = {};
    tf.tidy(() => {
      const { output, inputs, targets } = forward(model, batch, limits(reference));
      const { tokens, places } = embedInputs(model, batch, inputs);
      const encoded = encode(model, batch, inputs);
      tensors.encoder_tokens = tokens;
      tensors.encoder_emb = places;
      tensors.context = encoded.context;
      tensors.decoder_output = output;
      tensors.decoder_input = embedTargets(model, batch, targets);
      for (const mod of reference.about.decoder_modality_order)
        tensors[`logits.${mod}`] = targetLogits(model.decoderEmbeddings[mod]!, output);
      for (const lossType of ['mod', 'token'] as const) {
        const options: LossOptions = { ...limits(reference), lossType, compat: 'official' };
        const { loss, perModality } = fourMLoss(model, batch, options);
        tensors[`loss_${lossType}`] = loss;
        for (const [mod, value] of Object.entries(perModality)) tensors[`loss_${lossType}.${mod}`] = value;
      }
      exact.encoder_mask = encoded.padding;
      exact.decoder_mask = targets.padding;
      exact.target_ids = targets.targetIds;
      exact.decoder_attention_mask = targets.blocked;
      exact.decoder_mod_mask = targets.modalityIds;
      return Object.values(tensors);
    });
    const expected = (key: string) => reference.data.read(`out.${key}`) as Float32Array;
    for (const [key, tensor] of Object.entries(tensors)) {
      const wanted =
        key === 'decoder_input'
          ? expected('decoder_tokens').map((x, i) => x + expected('decoder_emb')[i]!)
          : expected(key);
      expectClose(await tensor.data(), wanted, reference.about.tolerance, key);
    }
    for (const [key, values] of Object.entries(exact))
      expect(Array.from(values), key).toEqual(Array.from(expected(key)));
    tf.dispose(Object.values(tensors));
    for (const parameter of model.parameters.all) parameter.dispose();
  });

  it.each(['fm_grad_gelu', 'fm_grad_swiglu'])('%s: every gradient equals the reference', async (name) => {
    const gradient = fmCase(name);
    const reference = fmCase(gradient.about.of);
    const model = await referenceModel(reference);
    const batch = referenceBatch(reference, model);
    const trained = model.parameters.all.filter((p) => p.trainable);
    const options: LossOptions = { ...limits(gradient), lossType: gradient.about.loss_type, compat: 'official' };
    const { value, grads } = tf.variableGrads(
      () => fourMLoss(model, batch, options).loss,
      trained.map((p) => p.value),
    );
    expectClose(await value.data(), gradient.data.read('out.loss') as Float32Array, gradient.about.tolerance, 'loss');
    const compared = new Set<string>();
    for (const parameter of trained) {
      const key = parameter.names.find((n) => gradient.data.tensors.has(`out.grad.${n}`))!;
      const actual = parameter.published((await grads[parameter.value.name]!.data()) as Float32Array);
      expectClose(actual, gradient.data.read(`out.grad.${key}`) as Float32Array, gradient.about.tolerance, key);
      for (const n of parameter.names) compared.add(`out.grad.${n}`);
    }
    const missed = [...gradient.data.tensors.keys()].filter((k) => k.startsWith('out.grad.') && !compared.has(k));
    expect(missed).toEqual([]);
    expect([...model.unread].flatMap((p) => p.names).sort()).toEqual([...gradient.about.no_gradient].sort());
    tf.dispose([value, ...Object.values(grads)]);
    for (const parameter of model.parameters.all) parameter.dispose();
  });

  it('leaves no tensors behind', async () => {
    const reference = fmCase('fm_mod7_swiglu');
    const model = await referenceModel(reference);
    const batch = referenceBatch(reference, model);
    const before = tf.memory().numTensors;
    const { value, grads } = tf.variableGrads(() => fourMLoss(model, batch, { lossType: 'mod' }).loss);
    tf.dispose([value, ...Object.values(grads)]);
    expect(tf.memory().numTensors).toBe(before);
    for (const parameter of model.parameters.all) parameter.dispose();
  });
});

describe.each(['4M-7_B', '4M-7_L', '4M-7_XL', '4M-21_B', '4M-21_L', '4M-21_XL', '4M-7-SR_L'])('%s', (name) => {
  it('has exactly the published tensors', () => {
    const manifest = JSON.parse(
      readFileSync(new URL(`../../spec/vectors/manifests/${name}.json`, import.meta.url)).toString(),
    ) as { config: Record<string, unknown>; keys: Record<string, number[]> };
    const config = parseFourMConfig(manifest.config);
    const model = buildFourM(config, publishedModalities);
    const built = Object.fromEntries(model.parameters.all.flatMap((p) => p.names.map((n) => [n, [...p.shape]])));
    expect(built).toEqual(manifest.keys);
    expect(model.parameters.all.some((p) => p.loaded)).toBe(false);
  });
});

describe('bad input', () => {
  onOneBackend();
  const config = parseFourMConfig({ domains_in: ['tok_rgb@224'], domains_out: ['tok_rgb@224'], dim: 8, num_heads: 2 });
  const modalities = referenceModalities(['tok_rgb@224'], { 'tok_rgb@224': { input_size: 32, vocab_size: 4 } });

  it('is refused in a configuration, by key', () => {
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

  it('is refused in a batch: ids beyond the vocabulary, values of the wrong size, targets that are not there', () => {
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
