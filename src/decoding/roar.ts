import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { guidancePasses, type Passes } from './guidance.js';
import {
  argmaxTokens,
  type CommittedToken,
  commitTokens,
  maskedPositions,
  type Positions,
  sampleTokens,
} from './image-tokens.js';
import { type DecodingRandomness, isGreedy } from './sampling.js';
import type { StepOptions } from './step.js';

/**
 * A step of ROAR, random-order autoregression: the tokens of some masked positions, picked at random, are sampled and committed. (4M, generation; `roar_step_batched` and its guided variants officially.)
 *
 * @param batch   modified: the sampled tokens become input
 * @param count   tokens of a sample to commit
 * @param options with `compat`, every pass has a random order of its own
 */
export async function roarStep(
  model: FourM,
  batch: Batch,
  modality: string,
  count: number,
  options: StepOptions,
): Promise<void> {
  const passes = guidancePasses(batch, modality, options.guidance, model.modalities, options.vocabulary);
  const positions = sampledPositions(passes, modality, count, options);
  let committed: readonly (readonly CommittedToken[])[];
  if (isGreedy(options.temperature) && !options.onTokens) {
    committed = await argmaxTokens(model, passes, modality, positions, options);
  } else {
    const sampled = await sampleTokens(model, passes, modality, positions, options);
    options.onTokens?.(sampled);
    committed = sampled;
  }
  committed.forEach((own, b) => {
    commitTokens(batch, modality, b, own);
  });
}

/** The positions that a step commits, for every pass. */
export function sampledPositions(
  { batches }: Passes,
  modality: string,
  count: number,
  { randomness, compat }: { readonly randomness: DecodingRandomness; readonly compat?: 'official' | undefined },
): Positions[] {
  const { size, modalities } = batches[0]!;
  const order = () => randomness.order(size, modalities[modality]!.targetMask.length / size);
  const shared = compat ? undefined : order();
  return batches.map((pass) => {
    const noise = shared ?? order();
    return maskedPositions(pass, modality).map((positions, b) =>
      positions.sort((x, y) => noise[b]![x]! - noise[b]![y]!).slice(0, count),
    );
  });
}
