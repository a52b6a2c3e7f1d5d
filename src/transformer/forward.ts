/**
 * Forward pass: encode the visible tokens, decode the target tokens. (4M, transformer; `FourM.forward_encoder`, `forward_decoder`
 * and `forward` officially.)
 *
 * Read it from the top: {@link forward} calls all the rest. Then `selection.ts`, `embeddings.ts`, `nn/block.ts`, `nn/attention.ts`,
 * `nn/mlp.ts`, `decoder-block.ts` and `loss.ts`.
 *
 *     batch ─ select inputs ─► embed ─► encoder blocks ─► context ─┐
 *     batch ─ select targets ─► embed ─► decoder blocks (attend to the context) ─► output ─► logits (loss.ts, decoding/)
 */
import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../errors.js';
import { additiveMask, type KVCache } from '../nn/attention.js';
import { block } from '../nn/block.js';
import { layerNorm } from '../nn/layer-norm.js';
import { linear } from '../nn/linear.js';
import type { Batch } from './batch.js';
import { decoderBlockContext } from './decoder-block.js';
import { embedInputTokens, embedPositions, embedTargetTokens } from './embeddings.js';
import { fastDecoderBlock } from './fast/decoder-token.js';
import type { FourM } from './model.js';
import { type Selection, selectInputs, selectTargets, type TargetSelection } from './selection.js';

/** Sequence lengths and target order of {@link forward}. */
export interface ForwardOptions {
  /** N, tokens of a sample in the encoder; the rest is dropped. Absent, as many as the fullest sample needs. */
  readonly encoderTokens?: number;
  /** M, the same for the decoder. */
  readonly decoderTokens?: number;
  /** Order of the target modalities in the decoder; absent, that of the batch. */
  readonly decoderOrder?: readonly string[];
}

/**
 * Encodes the inputs of a batch and decodes its targets. Call it inside `tf.tidy`.
 *
 * @returns the decoder's output, [B, M, D], and the selected input and target tokens
 * @throws InvalidInputError for a modality in `decoderOrder` that the model cannot predict or the batch lacks
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
  const context = decoderContext(model, encode(model, batch, inputs)); // [B, N, D]
  const y = embedTargets(model, batch, targets); // [B, M, D]
  const { output } = decode(model, y, context, targets.attentionMask); // [B, M, D]
  return { output, inputs, targets };
}

/** {@link selectInputs} among the modalities that the encoder has embeddings for. */
export function selectEncoderInputs(model: FourM, batch: Batch, limit?: number): Selection {
  const readable = Object.entries(model.encoderEmbeddings).map(([name, { info }]) => [name, info] as const);
  return selectInputs(batch, Object.fromEntries(readable), limit);
}

/** Output of {@link encode}. */
export interface EncoderOutput {
  /** Output of the last encoder block after the final norm, [B, N, D]. */
  readonly output: tf.Tensor3D;
  /** `output` projected for the decoder, with the position and modality embeddings added again, [B, N, D]. */
  readonly context: tf.Tensor3D;
  /** 1 for padding, [B, N]. */
  readonly padding: Uint8Array;
}

/** Runs the encoder. Call it inside `tf.tidy`. */
export function encode(model: FourM, batch: Batch, inputs: Selection): EncoderOutput {
  const { tokens, positions } = embedInputs(model, batch, inputs);
  const padding = registerPadding(model, inputs);
  const length = positions.shape[1];
  const mask = padding.includes(1) ? additiveMask(padding, [inputs.size, 1, length]) : undefined;
  let x = tf.add(tokens, positions) as tf.Tensor3D;
  for (const p of model.encoder) x = block(p, x, mask);
  const output = layerNorm(model.encoderNorm, x);
  return { output, context: tf.add(linear(model.contextProjection, output), positions), padding };
}

/** Keys and values of the encoded inputs for every decoder block, computed once for all runs of the decoder. */
export interface DecoderContext {
  /** One for each decoder block. */
  readonly blocks: readonly KVCache[];
  /** Additive mask of the padding, [B, 1, 1, N]. */
  readonly mask: tf.Tensor4D | undefined;
}

/** Cross-attention keys and values of all decoder blocks. Call it inside `tf.tidy`. */
export function decoderContext(model: FourM, { context, padding }: EncoderOutput): DecoderContext {
  const [size, length] = context.shape;
  return {
    blocks: model.decoder.map((p) => decoderBlockContext(p, context)),
    mask: padding.includes(1) ? additiveMask(padding, [size, 1, length]) : undefined,
  };
}

/**
 * Runs the decoder. Call it inside `tf.tidy`.
 *
 * @param y             from {@link embedTargets}, [B, M, D]
 * @param attentionMask 1 where a target (row) may not attend to another (column), [B, M, M]; absent if all attend to all
 * @param past          KV cache of each block for the targets before these, to which all of these attend
 * @param withShares    whether to compute the cross-attention weights of the context's tokens
 * @returns             normalised output, [B, M, D]; the KV caches including these targets, the next call's `past`; and the
 *                      attention weights, averaged over heads and blocks, [B, M, N]
 */
export function decode(
  model: FourM,
  y: tf.Tensor3D,
  context: DecoderContext,
  attentionMask?: Uint8Array,
  past?: readonly KVCache[],
  withShares = false,
): { output: tf.Tensor3D; present: KVCache[]; shares?: tf.Tensor3D } {
  const [size, length] = y.shape;
  const self = attentionMask?.includes(1) ? additiveMask(attentionMask, [size, length, length]) : undefined;
  const masks = { ...(self && { self }), ...(context.mask && { context: context.mask }) };
  const present: KVCache[] = [];
  const shares: tf.Tensor3D[] = [];
  let x = y;
  for (const [i, p] of model.decoder.entries()) {
    // `decoderBlock` of decoder-block.ts; for a single token one fused kernel, if the backend has it.
    const result = fastDecoderBlock(p, x, context.blocks[i]!, masks, past?.[i], withShares);
    x = result.output;
    present.push(result.present);
    if (result.shares) shares.push(result.shares);
  }
  const output = layerNorm(model.decoderNorm, x);
  return { output, present, ...(withShares && { shares: tf.div(tf.addN(shares), shares.length) }) };
}

/**
 * Embeds the encoder's tokens. The two parts are returned separately because the second is added again after the encoder.
 *
 * @returns token embeddings, and position plus modality embeddings, both [B, N, D]. Padding is zero in both; register
 *          tokens have no position embedding
 */
export function embedInputs(
  model: FourM,
  batch: Batch,
  inputs: Selection,
): { tokens: tf.Tensor3D; positions: tf.Tensor3D } {
  const nonEmpty = inputs.gathered.filter(({ sequenceIndices }) => sequenceIndices.length > 0);
  const tokens = nonEmpty.map((gathered) =>
    embedInputTokens(model.encoderEmbeddings[gathered.modality]!, batch.modalities[gathered.modality]!, gathered),
  );
  const positions = nonEmpty.map(({ modality, positions }) =>
    embedPositions(model.encoderEmbeddings[modality]!, positions),
  );
  return {
    tokens: withRegisters(model, scatterToSequence(tokens, inputs, model.config.dim), true),
    positions: withRegisters(model, scatterToSequence(positions, inputs, model.config.dim), false),
  };
}

/** Embeds the decoder's tokens: token, position and modality embeddings added up; zero for padding. [B, M, D] */
export function embedTargets(model: FourM, batch: Batch, targets: Selection): tf.Tensor3D {
  const nonEmpty = targets.gathered.filter(({ sequenceIndices }) => sequenceIndices.length > 0);
  const rows = nonEmpty.map(({ modality, tokenIndices, positions }) => {
    const embedding = model.decoderEmbeddings[modality]!;
    const tokens = embedTargetTokens(embedding, model.maskToken, batch.modalities[modality]!, tokenIndices);
    return tf.add(embedPositions(embedding, positions), tokens) as tf.Tensor2D;
  });
  return scatterToSequence(rows, targets, model.config.dim);
}

/** Moves rows, grouped by modality, to their positions in the sequences. Padding is zero. [B, length, D] */
function scatterToSequence(
  parts: tf.Tensor2D[],
  { size, length, padding, gathered }: Selection,
  width: number,
): tf.Tensor3D {
  const total = parts.reduce((sum, part) => sum + part.shape[0], 0);
  const rowOf = new Int32Array(size * length).fill(total); // row `total` is the zero row, for padding
  let row = 0;
  for (const { sequenceIndices } of gathered) for (const index of sequenceIndices) rowOf[index] = row++;
  const rows = tf.concat(padding.includes(1) ? [...parts, tf.zeros<tf.Rank.R2>([1, width])] : parts);
  return tf.reshape(tf.gather(rows, tf.tensor1d(rowOf, 'int32')), [size, length, width]);
}

/** Puts the register tokens, or zeros in place of their position embeddings, before the sequences. */
function withRegisters(model: FourM, x: tf.Tensor3D, asTokens: boolean): tf.Tensor3D {
  if (!model.registerTokens) return x;
  const shape: [number, number, number] = [x.shape[0], model.config.num_register_tokens, x.shape[2]];
  const registers = asTokens ? tf.broadcastTo(model.registerTokens.value, shape) : tf.zeros<tf.Rank.R3>(shape);
  return tf.concat([registers as tf.Tensor3D, x], 1);
}

/** The padding mask, preceded by the register tokens, which are never padding. */
function registerPadding(model: FourM, { size, length, padding }: Selection): Uint8Array {
  const registers = model.config.num_register_tokens;
  const result = new Uint8Array(size * (registers + length));
  for (let b = 0; b < size; b++) {
    result.set(padding.subarray(b * length, (b + 1) * length), b * (registers + length) + registers);
  }
  return result;
}
