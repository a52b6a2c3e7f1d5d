import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { guidancePasses, type Passes } from './guidance.js';
import { argmaxTokens, commitTokens, maskedPositions, type Positions, sampleTokens } from './image-tokens.js';
import { type DecodingRandomness, isGreedy } from './sampling.js';
import type { StepOptions } from './step.js';

/**
 * A step of ROAR, random-order autoregression: some open positions are picked at random, the same in all samples, and their
 * tokens drawn. (4M, section 3; `roar_step_batched` and its guided variants officially.)
 *
 * @param batch   changed: the drawn tokens become input
 * @param count   how many tokens a sample gets
 * @param options with `compat`, every pass of guidance draws its own order
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
  const choose = isGreedy(options.temperature) ? argmaxTokens : sampleTokens;
  const drawn = await choose(model, passes, modality, positions, options);
  drawn.forEach((own, b) => {
    commitTokens(batch, modality, b, own);
  });
}

/** The positions that a step decides, of every pass. */
export function sampledPositions(
  { batches }: Passes,
  modality: string,
  count: number,
  { randomness: draws, compat }: { readonly randomness: DecodingRandomness; readonly compat?: 'official' | undefined },
): Positions[] {
  const first = batches[0]!;
  const order = () => draws.order(first.modalities[modality]!.targetMask.length / first.size);
  const shared = compat ? undefined : order();
  return batches.map((pass) => {
    const noise = shared ?? order();
    return maskedPositions(pass, modality).map((open) => open.sort((x, y) => noise[x]! - noise[y]!).slice(0, count));
  });
}
