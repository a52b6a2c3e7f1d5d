/** What MaskGIT and ROAR share: asking the model for some open tokens of an image modality, and writing them down. */
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../transformer/batch.js';
import { targetLogits } from '../transformer/embeddings.js';
import { type DecoderContext, decode, embedTargets } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';
import { EncoderCache } from './encoder-cache.js';
import { guidedLogits, type Passes } from './guidance.js';
import { allLogits, argmaxIds, type LogitsReadout, sampledTokens } from './logits-readout.js';
import type { SampledToken } from './sampling.js';
import type { StepOptions } from './step.js';

/** Positions of an image modality, as many in every sample, [B][M]. */
export type Positions = readonly (readonly number[])[];

/** The open positions of every sample, in order. They are as many in all samples. [B][M] */
export function maskedPositions(batch: Batch, modality: string): number[][] {
  const { targetMask } = batch.modalities[modality]!;
  const length = targetMask.length / batch.size;
  return Array.from({ length: batch.size }, (_, b) =>
    Array.from({ length }, (_, l) => l).filter((l) => targetMask[b * length + l] === 0),
  );
}

/**
 * What the model says of some positions of an image modality, given all that is known. The decoder works on these positions
 * alone, and all see each other.
 *
 * @param positions of every pass, M > 0
 * @returns         guided logits, [B, M, V]
 */
export async function predictLogits(
  model: FourM,
  passes: Passes,
  modality: string,
  positions: readonly Positions[],
  reader?: EncoderCache,
): Promise<Float32Array> {
  return predict(model, passes, modality, positions, allLogits, reader);
}

/** Asks about the guided logits, [B·M, V]. */
async function predict<Answer>(
  model: FourM,
  { batches, weights }: Passes,
  modality: string,
  positions: readonly Positions[],
  question: LogitsReadout<Answer>,
  reader?: EncoderCache,
): Promise<Answer> {
  const own = reader ? undefined : new EncoderCache(model);
  const asked = decodePositions(
    model,
    (reader ?? own!).encode(batches),
    { batches, weights },
    modality,
    positions,
    question,
  );
  try {
    return question.parse((await asked.data()) as Float32Array | Int32Array);
  } finally {
    asked.dispose();
    own?.dispose();
  }
}

/** The device's part of {@link predict}: what is to be read back. */
export function decodePositions(
  model: FourM,
  context: DecoderContext,
  { batches, weights }: Passes,
  modality: string,
  positions: readonly Positions[],
  question: LogitsReadout<unknown>,
): tf.Tensor {
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
    const rows = tf.reshape(decode(model, y, context).output, [flat.length, -1]) as tf.Tensor2D;
    return question.reduce(guidedLogits(targetLogits(model.decoderEmbeddings[modality]!, rows), weights));
  });
}

/** A token that was drawn for a position. */
export interface SampledImageToken extends SampledToken {
  readonly position: number;
}

/**
 * Draws a token for each of some positions of an image modality.
 *
 * @param positions of every pass; the tokens are for those of the last
 * @returns         of every sample, [B][M]
 */
export async function sampleTokens(
  model: FourM,
  passes: Passes,
  modality: string,
  positions: readonly Positions[],
  options: StepOptions,
): Promise<SampledImageToken[][]> {
  const own = positions.at(-1)!;
  const question = sampledTokens(own.flat().length, options);
  const drawn = await predict(model, passes, modality, positions, question, options.encoderCache);
  let row = 0;
  return own.map((sample) => sample.map((position) => ({ position, ...drawn[row++]! })));
}

/** A token for a position. */
export type CommittedToken = Pick<SampledImageToken, 'position' | 'id'>;

/** The likeliest token for each of some positions, of every sample: what {@link sampleTokens} draws at temperature 0. [B][M] */
export async function argmaxTokens(
  model: FourM,
  passes: Passes,
  modality: string,
  positions: readonly Positions[],
  { encoderCache: reader }: StepOptions,
): Promise<CommittedToken[][]> {
  const ids = await predict(model, passes, modality, positions, argmaxIds, reader);
  let row = 0;
  return positions.at(-1)!.map((sample) => sample.map((position) => ({ position, id: ids[row++]! })));
}

/** Writes decided tokens of a sample down: from now on they are input. */
export function commitTokens(batch: Batch, modality: string, sample: number, tokens: readonly CommittedToken[]): void {
  const { ids, inputMask, targetMask } = batch.modalities[modality]!;
  const length = inputMask.length / batch.size;
  for (const { position, id } of tokens) {
    const place = sample * length + position;
    ids![place] = id;
    inputMask[place] = 0;
    targetMask[place] = 1;
  }
}
