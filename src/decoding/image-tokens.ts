/** What MaskGIT and ROAR share: asking the model for some open tokens of an image modality, and writing them down. */
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../transformer/batch.js';
import { targetLogits } from '../transformer/embeddings.js';
import { decode, embedTargets } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';
import { guidedLogits, type Passes } from './guidance.js';
import { InputReader } from './input-reader.js';
import { sampleToken } from './sampling.js';
import type { StepOptions } from './step.js';

/** Positions of an image modality, as many in every sample, [B][M]. */
export type Positions = readonly (readonly number[])[];

/** The open positions of every sample, in order. They are as many in all samples. [B][M] */
export function openPositions(batch: Batch, modality: string): number[][] {
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
export async function predictTokens(
  model: FourM,
  passes: Passes,
  modality: string,
  positions: readonly Positions[],
  reader?: InputReader,
): Promise<Float32Array> {
  return (await askAbout(model, passes, modality, positions, (logits) => logits, reader)) as Float32Array;
}

/** Reads back no more than what is asked of the guided logits [B·M, V]. */
async function askAbout(
  model: FourM,
  { batches, weights }: Passes,
  modality: string,
  positions: readonly Positions[],
  ask: (logits: tf.Tensor2D) => tf.Tensor,
  reader?: InputReader,
): Promise<Float32Array | Int32Array> {
  const own = reader ? undefined : new InputReader(model);
  const context = (reader ?? own!).read(batches);
  const answer = tf.tidy(() => {
    const flat = Int32Array.from(positions.flat(2));
    const size = positions.flat(1).length;
    const y = embedTargets(model, batches[0]!, {
      size,
      count: flat.length / size,
      padding: new Uint8Array(flat.length),
      modalityIds: flat.map(() => model.modalities[modality]!.id),
      chosen: [{ modality, slots: flat.map((_, i) => i), places: flat, positions: flat }],
    });
    const rows = tf.reshape(decode(model, y, context).output, [flat.length, -1]) as tf.Tensor2D;
    return ask(guidedLogits(targetLogits(model.decoderEmbeddings[modality]!, rows), weights));
  });
  try {
    return (await answer.data()) as Float32Array | Int32Array;
  } finally {
    answer.dispose();
    own?.dispose();
  }
}

/** A token that was drawn for a position. */
export interface DrawnToken {
  readonly position: number;
  readonly id: number;
  /** Its probability among the tokens that could have been drawn. */
  readonly probability: number;
}

/**
 * Draws a token for each of some positions of an image modality.
 *
 * @param positions of every pass; the tokens are for those of the last
 * @returns         of every sample, [B][M]
 */
export async function drawTokens(
  model: FourM,
  passes: Passes,
  modality: string,
  positions: readonly Positions[],
  options: StepOptions,
): Promise<DrawnToken[][]> {
  const logits = await predictTokens(model, passes, modality, positions, options.reader);
  const own = positions.at(-1)!;
  const width = logits.length / own.flat().length;
  let row = 0;
  return own.map((sample) =>
    sample.map((position) => {
      const start = row++ * width;
      return { position, ...sampleToken(logits.subarray(start, start + width), options, options.draws) };
    }),
  );
}

/** A token for a position. */
export type DecidedToken = Pick<DrawnToken, 'position' | 'id'>;

/** The likeliest token for each of some positions, of every sample: what {@link drawTokens} draws at temperature 0. [B][M] */
export async function likeliestTokens(
  model: FourM,
  passes: Passes,
  modality: string,
  positions: readonly Positions[],
  { reader }: StepOptions,
): Promise<DecidedToken[][]> {
  const ids = await askAbout(model, passes, modality, positions, (logits) => tf.argMax(logits, 1), reader);
  let row = 0;
  return positions.at(-1)!.map((sample) => sample.map((position) => ({ position, id: ids[row++]! })));
}

/** Writes decided tokens of a sample down: from now on they are input. */
export function decideTokens(batch: Batch, modality: string, sample: number, tokens: readonly DecidedToken[]): void {
  const { ids, inputMask, targetMask } = batch.modalities[modality]!;
  const length = inputMask.length / batch.size;
  for (const { position, id } of tokens) {
    const place = sample * length + position;
    ids![place] = id;
    inputMask[place] = 0;
    targetMask[place] = 1;
  }
}
