/** What MaskGIT and ROAR share: asking the model for some open tokens of an image modality, and writing them down. */
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../transformer/batch.js';
import { targetLogits } from '../transformer/embeddings.js';
import { decode, embedTargets } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';
import { readContext } from './context.js';
import { type Guidance, guidedBatch, guidedLogits } from './guidance.js';
import type { DecodingVocabulary } from './state.js';

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
 * @param positions of every sample, [B][M], M > 0
 * @returns         guided logits, [B, M, V]
 */
export async function predictTokens(
  model: FourM,
  batch: Batch,
  modality: string,
  positions: readonly (readonly number[])[],
  guidance: Guidance | undefined,
  vocabulary: DecodingVocabulary,
): Promise<Float32Array> {
  const logits = tf.tidy(() => {
    const both = guidedBatch(model, batch, guidance, vocabulary);
    const context = readContext(model, both);
    const count = positions[0]!.length;
    const flat = Int32Array.from({ length: both.size * count }, (_, i) => {
      return positions[Math.floor(i / count) % batch.size]![i % count]!;
    });
    const y = embedTargets(model, both, {
      size: both.size,
      count,
      padding: new Uint8Array(flat.length),
      modalityIds: flat.map(() => model.modalities[modality]!.id),
      chosen: [{ modality, slots: flat.map((_, i) => i), places: flat, positions: flat }],
    });
    const rows = tf.reshape(decode(model, y, context).output, [both.size * count, -1]) as tf.Tensor2D;
    return guidedLogits(targetLogits(model.decoderEmbeddings[modality]!, rows), guidance);
  });
  try {
    return (await logits.data()) as Float32Array;
  } finally {
    logits.dispose();
  }
}

/** Writes decided tokens down: from now on they are input. */
export function decideTokens(
  batch: Batch,
  modality: string,
  sample: number,
  positions: readonly number[],
  ids: readonly number[],
): void {
  const { ids: all, inputMask, targetMask } = batch.modalities[modality]!;
  const length = inputMask.length / batch.size;
  positions.forEach((position, i) => {
    const place = sample * length + position;
    all![place] = ids[i]!;
    inputMask[place] = 0;
    targetMask[place] = 1;
  });
}
