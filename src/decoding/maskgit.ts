import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { guidancePasses } from './guidance.js';
import {
  argmaxTokens,
  type CommittedToken,
  commitTokens,
  maskedPositions,
  type SampledImageToken,
  sampleTokens,
} from './image-tokens.js';
import { isGreedy } from './sampling.js';
import type { StepOptions } from './step.js';
import { tiedTopK } from './tied-top-k.js';

/**
 * A step of MaskGIT: all masked tokens are sampled in parallel, and the most confident ones are committed.
 * (arXiv 2202.04200; `maskgit_step_batched` and its guided variants officially.)
 *
 * @param batch   modified: the committed tokens become input
 * @param count   tokens of a sample to commit
 * @param options with `compat`, all tokens have equal confidence at temperature 0
 */
export async function maskgitStep(
  model: FourM,
  batch: Batch,
  modality: string,
  count: number,
  options: StepOptions,
): Promise<void> {
  const passes = guidancePasses(batch, modality, options.guidance, model.modalities, options.vocabulary);
  const positions = passes.batches.map((pass) => maskedPositions(pass, modality));
  // Official schedules may have steps left when no token is masked anymore.
  if (positions.flat(2).length === 0) return;
  const isLast = positions.at(-1)!.every((own) => own.length <= count);
  let committed: readonly (readonly CommittedToken[])[];
  if (isLast && isGreedy(options.temperature) && !options.onTokens) {
    committed = await argmaxTokens(model, passes, modality, positions, options);
  } else {
    const sampled = await sampleTokens(model, passes, modality, positions, options);
    const confident = sampled.map((own) => mostConfidentTokens(own, count, options));
    options.onTokens?.(confident);
    committed = confident;
  }
  committed.forEach((own, b) => {
    commitTokens(batch, modality, b, own);
  });
}

function mostConfidentTokens(
  sampled: readonly SampledImageToken[],
  count: number,
  { temperature, compat }: StepOptions,
): SampledImageToken[] {
  if (compat && isGreedy(temperature)) return tiedTopK(sampled.length, count).map((i) => sampled[i]!);
  return [...sampled].sort((x, y) => y.probability - x.probability).slice(0, count);
}
