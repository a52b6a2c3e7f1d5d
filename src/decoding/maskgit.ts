import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { decideTokens, openPositions, predictTokens } from './image-tokens.js';
import { sampleToken } from './sampling.js';
import type { StepOptions } from './step.js';

/**
 * A step of MaskGIT: all open tokens are drawn at once, and those of which the model is surest are kept.
 * (arXiv 2202.04200; `maskgit_step_batched` and `guided_maskgit_step_batched` officially.)
 *
 * @param batch changed: the kept tokens become input
 * @param count how many tokens a sample keeps
 */
export async function maskgitStep(
  model: FourM,
  batch: Batch,
  modality: string,
  count: number,
  options: StepOptions,
): Promise<void> {
  const positions = openPositions(batch, modality);
  const open = positions[0]!.length;
  const logits = await predictTokens(model, batch, modality, positions, options.guidance, options.vocabulary);
  const width = logits.length / (batch.size * open);
  positions.forEach((own, b) => {
    const drawn = own.map((position, m) => {
      const row = b * open + m;
      return { position, ...sampleToken(logits.subarray(row * width, (row + 1) * width), options, options.draws) };
    });
    const surest = drawn.sort((x, y) => y.probability - x.probability).slice(0, count);
    decideTokens(
      batch,
      modality,
      b,
      surest.map(({ position }) => position),
      surest.map(({ id }) => id),
    );
  });
}
