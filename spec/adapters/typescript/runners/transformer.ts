import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../../../../src/transformer/batch.js';
import { embedPositions, targetLogits } from '../../../../src/transformer/embeddings.js';
import {
  embedInputs,
  embedTargets,
  encode,
  type ForwardOptions,
  forward,
} from '../../../../src/transformer/forward.js';
import { fourMLoss } from '../../../../src/transformer/loss.js';
import type { FourM } from '../../../../src/transformer/model.js';
import type { Selection, TargetSelection } from '../../../../src/transformer/selection.js';
import type { CaseFile, ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { caseBatch, withModel } from './models.js';

/** `fm.forward`: every stage of a batch's way through the model, and both losses. */
export async function transformerForward(reference: ConformanceCase, compare: Comparison): Promise<void> {
  await withModel(reference, async (model) => {
    const { about } = reference;
    const batch = caseBatch(reference, model);
    const limits = limitsOf(about);
    const { tensors, inputs, targets, padding } = stages(model, batch, limits);
    const values: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(tensors)) values[name] = (await tensor.data()) as Float32Array;
    tf.dispose(Object.values(tensors));

    const { decoder_input: input, ...compared } = values;
    compared.decoder_emb = await targetPlaces(model, targets);
    compared.decoder_tokens = input!.map((x, i) => x - compared.decoder_emb![i]!);
    const exact = {
      encoder_mask: padding,
      encoder_mod_mask: withRegisters(inputs, model.config.num_register_tokens),
      decoder_mask: targets.padding,
      target_ids: targets.targetIds,
      decoder_attention_mask: targets.attentionMask,
      decoder_mod_mask: targets.modalityIds,
    };
    // In the order in which a batch goes through the model, so that the first difference is the first mistake.
    const results: Record<string, ArrayLike<number>> = { ...exact, ...compared };
    const expected = Object.keys(about.expected ?? {}).map((name) => name.slice('out.'.length));
    for (const name of expected) if (results[name]) compare.tensor(`out.${name}`, results[name]);
  });
}

/** `checkpoint`: a checkpoint without numbers of its own has exactly the tensors that its model has. */
export async function checkpoint(reference: ConformanceCase, compare: Comparison): Promise<void> {
  await withModel(reference, async (model) => {
    const built = model.parameters.all.flatMap((p) => p.names.map((name) => [name, [...p.shape]] as const));
    const stored = [...reference.safetensors().tensors].map(([name, { shape }]) => [name, [...shape]] as const);
    compare.value('tensors', Object.fromEntries(built), Object.fromEntries(stored));
  });
}

/** How many tokens a case has, and in which order the decoder gets its modalities. */
export function limitsOf(about: CaseFile): ForwardOptions {
  return {
    encoderTokens: about.num_encoder_tokens as number,
    decoderTokens: about.num_decoder_tokens as number,
    decoderOrder: about.decoder_modality_order as string[],
  };
}

function stages(model: FourM, batch: Batch, limits: ForwardOptions) {
  const tensors: Record<string, tf.Tensor> = {};
  const host = {} as { inputs: Selection; targets: TargetSelection; padding: Uint8Array };
  tf.tidy(() => {
    const { output, inputs, targets } = forward(model, batch, limits);
    const { tokens, positions: places } = embedInputs(model, batch, inputs);
    const encoded = encode(model, batch, inputs);
    Object.assign(host, { inputs, targets, padding: encoded.padding });
    Object.assign(tensors, {
      encoder_tokens: tokens,
      encoder_emb: places,
      decoder_input: embedTargets(model, batch, targets),
      encoder_output: encoded.output,
      context: encoded.context,
      decoder_output: output,
    });
    for (const name of limits.decoderOrder!) {
      tensors[`logits.${name}`] = targetLogits(model.decoderEmbeddings[name]!, output);
    }
    for (const lossType of ['mod', 'token'] as const) {
      const { loss, perModality } = fourMLoss(model, batch, { ...limits, lossType, compat: 'official' });
      tensors[`loss_${lossType}`] = loss;
      for (const [name, value] of Object.entries(perModality)) tensors[`loss_${lossType}.${name}`] = value;
    }
    return Object.values(tensors);
  });
  return { tensors, ...host };
}

/** The part of the decoder's input that says where the targets are, [B, M, D]. */
async function targetPlaces(model: FourM, { size, length: count, gathered: chosen }: Selection): Promise<Float32Array> {
  const width = model.config.dim;
  const all = new Float32Array(size * count * width);
  for (const { modality, sequenceIndices: slots, positions } of chosen) {
    if (slots.length === 0) continue;
    const rows = tf.tidy(() => embedPositions(model.decoderEmbeddings[modality]!, positions));
    const values = await rows.data();
    rows.dispose();
    slots.forEach((slot, i) => {
      all.set(values.subarray(i * width, (i + 1) * width), slot * width);
    });
  }
  return all;
}

/** Modality ids with those of the register tokens, -1, in front of every sample's. */
function withRegisters({ size, length: count, modalityIds }: Selection, registers: number): Int32Array {
  const all = new Int32Array(size * (registers + count)).fill(-1);
  for (let b = 0; b < size; b++) {
    all.set(modalityIds.subarray(b * count, (b + 1) * count), b * (registers + count) + registers);
  }
  return all;
}
