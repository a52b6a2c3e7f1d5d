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
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { caseBatch, withModel } from './models.js';

/** `fm.forward`: the forward pass of a batch, stage by stage, and both losses. */
export async function transformerForward(task: Inputs, out: Outputs): Promise<void> {
  await out.orReject(out.names, () => withModel(task, (model) => giveStages(task, out, model)));
}

async function giveStages(task: Inputs, out: Outputs, model: FourM): Promise<void> {
  const batch = caseBatch(task, model);
  const limits = limitsOf(task);
  const { tensors, inputs, targets, padding } = stages(model, batch, limits);
  const registers = model.config.num_register_tokens;
  const [b, n, m] = [batch.size, registers + inputs.length, targets.length];
  out.tensor('out.encoder_mask', padding, [b, n]);
  out.tensor('out.encoder_mod_mask', withRegisters(inputs, registers), [b, n]);
  out.tensor('out.decoder_mask', targets.padding, [b, m]);
  out.tensor('out.target_ids', targets.targetIds, [b, m]);
  out.tensor('out.decoder_attention_mask', targets.attentionMask, [b, m, m]);
  out.tensor('out.decoder_mod_mask', targets.modalityIds, [b, m]);
  const { decoder_input: input, ...given } = tensors;
  for (const [name, tensor] of Object.entries(given)) await out.device(`out.${name}`, tensor);
  const embeddings = await targetEmbeddings(model, targets);
  const decoderInput = (await input!.data()) as Float32Array;
  out.tensor('out.decoder_emb', embeddings, input!.shape);
  const tokens = decoderInput.map((x, i) => x - embeddings[i]!);
  out.tensor('out.decoder_tokens', tokens, input!.shape);
  tf.dispose(Object.values(tensors));
}

/** `checkpoint`: the tensors of a checkpoint are exactly those of its model. */
export async function checkpoint(task: Inputs, out: Outputs): Promise<void> {
  await withModel(task, async (model) => {
    const built = model.parameters.all.flatMap((p) => p.names.map((name) => [name, [...p.shape]] as const));
    out.value('tensors', Object.fromEntries(built));
  });
}

/** Token limits of a task, and the order of the decoder's modalities. */
export function limitsOf({ options }: Inputs): ForwardOptions {
  return {
    encoderTokens: options.num_encoder_tokens as number,
    decoderTokens: options.num_decoder_tokens as number,
    decoderOrder: options.decoder_modality_order as string[],
  };
}

function stages(model: FourM, batch: Batch, limits: ForwardOptions) {
  const tensors: Record<string, tf.Tensor> = {};
  const host = {} as { inputs: Selection; targets: TargetSelection; padding: Uint8Array };
  tf.tidy(() => {
    const { output, inputs, targets } = forward(model, batch, limits);
    const { tokens, positions: embeddings } = embedInputs(model, batch, inputs);
    const encoded = encode(model, batch, inputs);
    Object.assign(host, { inputs, targets, padding: encoded.padding });
    Object.assign(tensors, {
      encoder_tokens: tokens,
      encoder_emb: embeddings,
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

/** Position and modality embeddings of the targets, [B, M, D]. */
async function targetEmbeddings(model: FourM, { size, length: count, gathered }: Selection): Promise<Float32Array> {
  const width = model.config.dim;
  const all = new Float32Array(size * count * width);
  for (const { modality, sequenceIndices: slots, positions } of gathered) {
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

/** Modality ids, with -1 for the register tokens at the start of each sample. */
function withRegisters({ size, length: count, modalityIds }: Selection, registers: number): Int32Array {
  const all = new Int32Array(size * (registers + count)).fill(-1);
  for (let b = 0; b < size; b++) {
    all.set(modalityIds.subarray(b * count, (b + 1) * count), b * (registers + count) + registers);
  }
  return all;
}
