import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { guidancePasses } from './guidance.js';
import { argmaxTokens, commitTokens, maskedPositions, type SampledImageToken, sampleTokens } from './image-tokens.js';
import { isGreedy } from './sampling.js';
import type { StepOptions } from './step.js';
import { tiedTopK } from './tied-top-k.js';

/**
 * A step of MaskGIT: all open tokens are drawn at once, and those of which the model is surest are kept.
 * (arXiv 2202.04200; `maskgit_step_batched` and its guided variants officially.)
 *
 * @param batch   changed: the kept tokens become input
 * @param count   how many tokens a sample keeps
 * @param options with `compat`, the model counts as equally sure of all tokens at temperature 0
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
  // An official schedule may have steps left when all is decided.
  if (positions.flat(2).length === 0) return;
  const isLast = positions.at(-1)!.every((own) => own.length <= count);
  const kept =
    isLast && isGreedy(options.temperature)
      ? await argmaxTokens(model, passes, modality, positions, options)
      : (await sampleTokens(model, passes, modality, positions, options)).map((own) =>
          mostConfidentTokens(own, count, options),
        );
  kept.forEach((own, b) => {
    commitTokens(batch, modality, b, own);
  });
}

function mostConfidentTokens(
  drawn: readonly SampledImageToken[],
  count: number,
  { temperature, compat }: StepOptions,
): SampledImageToken[] {
  if (compat && isGreedy(temperature)) return tiedTopK(drawn.length, count).map((i) => drawn[i]!);
  return [...drawn].sort((x, y) => y.probability - x.probability).slice(0, count);
}
