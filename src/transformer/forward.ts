/** A batch's way through the model: what is visible to the encoder, what it says to the decoder, and what that answers. */
import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../errors.js';
import { additiveMask, type KVCache } from '../nn/attention.js';
import { block } from '../nn/block.js';
import { layerNorm } from '../nn/layer-norm.js';
import { linear } from '../nn/linear.js';
import type { Batch } from './batch.js';
import { decoderBlock, decoderBlockContext } from './decoder-block.js';
import { embedInputTokens, embedPositions, embedTargetTokens } from './embeddings.js';
import type { FourM } from './model.js';
import { type Selection, selectInputs, selectTargets, type TargetSelection } from './selection.js';

/**
 * The encoder's tokens as vectors.
 *
 * @returns what they say and where they are, apart: both [B, N, D], zeros for padding and where register tokens are
 */
export function embedInputs(
  model: FourM,
  batch: Batch,
  inputs: Selection,
): { tokens: tf.Tensor3D; positions: tf.Tensor3D } {
  const filled = inputs.gathered.filter(({ sequenceIndices: slots }) => slots.length > 0);
  const tokens = filled.map((chosen) =>
    embedInputTokens(model.encoderEmbeddings[chosen.modality]!, batch.modalities[chosen.modality]!, chosen),
  );
  const places = filled.map((chosen) => embedPositions(model.encoderEmbeddings[chosen.modality]!, chosen.positions));
  return {
    tokens: withRegisters(model, scatterToSequence(tokens, inputs, model.config.dim), true),
    positions: withRegisters(model, scatterToSequence(places, inputs, model.config.dim), false),
  };
}

/** The decoder's tokens as vectors, [B, M, D]: tokens and places together, zeros for padding. */
export function embedTargets(model: FourM, batch: Batch, targets: Selection): tf.Tensor3D {
  const filled = targets.gathered.filter(({ sequenceIndices: slots }) => slots.length > 0);
  const rows = filled.map((chosen) => {
    const embedding = model.decoderEmbeddings[chosen.modality]!;
    const tokens = embedTargetTokens(
      embedding,
      model.maskToken,
      batch.modalities[chosen.modality]!,
      chosen.tokenIndices,
    );
    return tf.add(embedPositions(embedding, chosen.positions), tokens) as tf.Tensor2D;
  });
  return scatterToSequence(rows, targets, model.config.dim);
}

/** Puts rows, given modality by modality, into their places; padding is zero. [B, count, D] */
function scatterToSequence(
  parts: tf.Tensor2D[],
  { size, length: count, padding, gathered: chosen }: Selection,
  width: number,
): tf.Tensor3D {
  const total = parts.reduce((sum, part) => sum + part.shape[0], 0);
  const rowOfSlot = new Int32Array(size * count).fill(total);
  let row = 0;
  for (const { sequenceIndices: slots } of chosen) for (const slot of slots) rowOfSlot[slot] = row++;
  const rows = tf.concat(padding.includes(1) ? [...parts, tf.zeros<tf.Rank.R2>([1, width])] : parts);
  return tf.reshape(tf.gather(rows, tf.tensor1d(rowOfSlot, 'int32')), [size, count, width]);
}

function withRegisters(model: FourM, x: tf.Tensor3D, asTokens: boolean): tf.Tensor3D {
  if (!model.registerTokens) return x;
  const shape: [number, number, number] = [x.shape[0], model.config.num_register_tokens, x.shape[2]];
  const registers = asTokens ? tf.broadcastTo(model.registerTokens.value, shape) : tf.zeros<tf.Rank.R3>(shape);
  return tf.concat([registers as tf.Tensor3D, x], 1);
}

/** Chooses the encoder's tokens: {@link selectInputs} among the modalities that the model reads. */
export function selectEncoderInputs(model: FourM, batch: Batch, limit?: number): Selection {
  const readable = Object.entries(model.encoderEmbeddings).map(([name, { info }]) => [name, info] as const);
  return selectInputs(batch, Object.fromEntries(readable), limit);
}

/** What the decoder knows of the input. */
export interface EncoderOutput {
  /** What the encoder says, normalised, [B, N, D]. */
  readonly output: tf.Tensor3D;
  /** Projected encoder output, with the embedding of each token's place added again, [B, N, D]. */
  readonly context: tf.Tensor3D;
  /** 1 where a place is padding, [B, N]. */
  readonly padding: Uint8Array;
}

/** Reads the input. To be called inside `tf.tidy`. */
export function encode(model: FourM, batch: Batch, inputs: Selection): EncoderOutput {
  const { tokens, positions: places } = embedInputs(model, batch, inputs);
  const padding = registerPadding(model, inputs);
  const count = places.shape[1];
  const mask = padding.includes(1) ? additiveMask(padding, [inputs.size, 1, count]) : undefined;
  let x = tf.add(tokens, places) as tf.Tensor3D;
  for (const p of model.encoder) x = block(p, x, mask);
  const output = layerNorm(model.encoderNorm, x);
  return { output, context: tf.add(linear(model.contextProjection, output), places), padding };
}

function registerPadding(model: FourM, { size, length: count, padding }: Selection): Uint8Array {
  const registers = model.config.num_register_tokens;
  const result = new Uint8Array(size * (registers + count));
  for (let b = 0; b < size; b++) {
    result.set(padding.subarray(b * count, (b + 1) * count), b * (registers + count) + registers);
  }
  return result;
}

/** What the decoder's blocks look at in the input: computed once, however often the decoder runs. */
export interface DecoderContext {
  /** One for each block. */
  readonly blocks: readonly KVCache[];
  /** [B, 1, 1, N] */
  readonly mask: tf.Tensor4D | undefined;
}

/** What every run of the decoder over the same input shares. To be called inside `tf.tidy`. */
export function decoderContext(model: FourM, { context, padding }: EncoderOutput): DecoderContext {
  const [size, count] = context.shape;
  return {
    blocks: model.decoder.map((p) => decoderBlockContext(p, context)),
    mask: padding.includes(1) ? additiveMask(padding, [size, 1, count]) : undefined,
  };
}

/**
 * Runs the decoder. To be called inside `tf.tidy`.
 *
 * @param y       from {@link embedTargets}, [B, M, D]
 * @param blocked 1 where a target may not look at another, [B, M, M]; absent where all see all
 * @param past    of each block, what an earlier call gave for the targets before these, which all of these see
 * @returns       normalised output [B, M, D], and what to hand in as `past` next time
 */
export function decode(
  model: FourM,
  y: tf.Tensor3D,
  context: DecoderContext,
  blocked?: Uint8Array,
  past?: readonly KVCache[],
): { output: tf.Tensor3D; present: KVCache[] } {
  const [size, count] = y.shape;
  const self = blocked?.includes(1) ? additiveMask(blocked, [size, count, count]) : undefined;
  const masks = { ...(self && { self }), ...(context.mask && { context: context.mask }) };
  const seen: KVCache[] = [];
  let x = y;
  model.decoder.forEach((p, i) => {
    const result = decoderBlock(p, x, context.blocks[i]!, masks, past?.[i]);
    x = result.output;
    seen.push(result.present);
  });
  return { output: layerNorm(model.decoderNorm, x), present: seen };
}

/** How a batch goes through the model. */
export interface ForwardOptions {
  /** Places in the encoder; what does not fit is dropped. Absent, as many as the fullest sample needs. */
  readonly encoderTokens?: number;
  /** The same for the decoder. */
  readonly decoderTokens?: number;
  /** Modalities in the order in which the decoder gets them; absent, in the order of the batch. */
  readonly decoderOrder?: readonly string[];
}

/**
 * A whole batch through encoder and decoder. To be called inside `tf.tidy`.
 *
 * @returns the decoder's output [B, M, D], and which target each of its places is
 */
export function forward(
  model: FourM,
  batch: Batch,
  options: ForwardOptions = {},
): { output: tf.Tensor3D; inputs: Selection; targets: TargetSelection } {
  const { decoderEmbeddings, config } = model;
  const order = options.decoderOrder ?? Object.keys(batch.modalities).filter((name) => name in decoderEmbeddings);
  const unknown = order.find((name) => !(name in decoderEmbeddings && name in batch.modalities));
  if (unknown !== undefined) {
    const known = Object.keys(decoderEmbeddings).filter((name) => name in batch.modalities);
    throw new InvalidInputError(`cannot predict '${unknown}' from this batch, only ${known.join(', ')}`);
  }
  const attention = { causal: config.decoder_causal_mask, separate: config.decoder_sep_mask };
  const inputs = selectEncoderInputs(model, batch, options.encoderTokens);
  const targets = selectTargets(batch, model.modalities, order, attention, options.decoderTokens);
  const context = decoderContext(model, encode(model, batch, inputs));
  const { output } = decode(model, embedTargets(model, batch, targets), context, targets.attentionMask);
  return { output, inputs, targets };
}
