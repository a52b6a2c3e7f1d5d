/** Shared by MaskGIT and ROAR: predict masked tokens of an image modality, sample them, and commit them to the batch. */
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../transformer/batch.js';
import { targetLogits } from '../transformer/embeddings.js';
import { type DecoderContext, decode, embedTargets } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';
import { EncoderCache } from './encoder-cache.js';
import { guidedLogits, type Passes } from './guidance.js';
import {
  allLogits,
  argmaxIds,
  type DecodedLogits,
  type LogitsReadout,
  readOut,
  sampledTokens,
} from './logits-readout.js';
import type { GeneratedToken, StepOptions } from './step.js';
import type { ReadAttention } from './token-details.js';

/** Positions in the grid of an image modality, equally many in every sample, [B][M]. */
export type Positions = readonly (readonly number[])[];

/** The masked positions of every sample, in order; equally many in all samples. [B][M] */
export function maskedPositions(batch: Batch, modality: string): number[][] {
  const { targetMask } = batch.modalities[modality]!;
  const length = targetMask.length / batch.size;
  return Array.from({ length: batch.size }, (_, b) =>
    Array.from({ length }, (_, l) => l).filter((l) => targetMask[b * length + l] === 0),
  );
}

/**
 * Predicts the logits of some masked positions from all tokens that are input. The decoder's sequence is these positions
 * alone, and each attends to all.
 *
 * @param positions for each pass, M > 0
 * @returns         guided logits, [B, M, V]
 */
export async function predictLogits(
  model: FourM,
  passes: Passes,
  modality: string,
  positions: readonly Positions[],
  encoderCache?: EncoderCache,
): Promise<Float32Array> {
  return (await predict(model, passes, modality, positions, allLogits, encoderCache)).output;
}

/** Runs encoder and decoder for all passes and reads out the guided logits, [B·M, V], and with `withShares` the attention. */
async function predict<Output>(
  model: FourM,
  passes: Passes,
  modality: string,
  positions: readonly Positions[],
  readout: LogitsReadout<Output>,
  encoderCache?: EncoderCache,
  withShares = false,
): Promise<{ output: Output; attention?: ReadAttention }> {
  const ownCache = encoderCache ? undefined : new EncoderCache(model);
  const context = (encoderCache ?? ownCache!).encode(passes.batches);
  const decoded = decodePositions(model, context, passes, modality, positions, readout, withShares);
  try {
    return await readOut(decoded, readout, model, passes, positions[0]![0]!.length);
  } finally {
    tf.dispose({ ...decoded });
    ownCache?.dispose();
  }
}

/** Runs the decoder for some positions. @param withShares whether to compute the shares of the inputs in the attention */
export function decodePositions(
  model: FourM,
  context: DecoderContext,
  { batches, weights }: Passes,
  modality: string,
  positions: readonly Positions[],
  readout: LogitsReadout<unknown>,
  withShares = false,
): DecodedLogits {
  return tf.tidy(() => {
    const flat = Int32Array.from(positions.flat(2));
    const size = positions.flat(1).length;
    const y = embedTargets(model, batches[0]!, {
      size,
      length: flat.length / size,
      padding: new Uint8Array(flat.length),
      modalityIds: flat.map(() => model.modalities[modality]!.id),
      gathered: [{ modality, sequenceIndices: flat.map((_, i) => i), tokenIndices: flat, positions: flat }],
    });
    const { output, shares } = decode(model, y, context, undefined, undefined, withShares);
    const rows = tf.reshape(output, [flat.length, -1]) as tf.Tensor2D;
    const reduced = readout.reduce(guidedLogits(targetLogits(model.decoderEmbeddings[modality]!, rows), weights));
    return { reduced, ...(shares && { shares }) };
  });
}

/** A token sampled for a position. */
export type SampledImageToken = GeneratedToken;

/**
 * Samples a token for each of some positions of an image modality.
 *
 * @param positions for each pass; the tokens are for those of the last one
 * @returns         [B][M]
 */
export async function sampleTokens(
  model: FourM,
  passes: Passes,
  modality: string,
  positions: readonly Positions[],
  options: StepOptions,
): Promise<SampledImageToken[][]> {
  const own = positions.at(-1)!;
  const counts = own.map((sample) => sample.length);
  const readout = sampledTokens(counts, options);
  const { encoderCache, details } = options;
  const { output, attention } = await predict(
    model,
    passes,
    modality,
    positions,
    readout,
    encoderCache,
    details?.attention,
  );
  let row = 0;
  return own.map((sample, b) =>
    sample.map((position, i) => ({ position, ...output[row++]!, ...(attention && { attention: attention(b, i) }) })),
  );
}

/** A token id for a position. */
export type CommittedToken = Pick<SampledImageToken, 'position' | 'id'>;

/** The most likely token for each position: {@link sampleTokens} at temperature 0, without probabilities. [B][M] */
export async function argmaxTokens(
  model: FourM,
  passes: Passes,
  modality: string,
  positions: readonly Positions[],
  { encoderCache }: StepOptions,
): Promise<CommittedToken[][]> {
  const { output: ids } = await predict(model, passes, modality, positions, argmaxIds, encoderCache);
  let row = 0;
  return positions.at(-1)!.map((sample) => sample.map((position) => ({ position, id: ids[row++]! })));
}

/** Writes tokens of a sample into the batch; they are input from now on. */
export function commitTokens(batch: Batch, modality: string, sample: number, tokens: readonly CommittedToken[]): void {
  const { ids, inputMask, targetMask } = batch.modalities[modality]!;
  const length = inputMask.length / batch.size;
  for (const { position, id } of tokens) {
    const index = sample * length + position;
    ids![index] = id;
    inputMask[index] = 0;
    targetMask[index] = 1;
  }
}
