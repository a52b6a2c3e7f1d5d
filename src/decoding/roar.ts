import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { decideTokens, openPositions, predictTokens } from './image-tokens.js';
import { sampleToken } from './sampling.js';
import type { StepOptions } from './step.js';

/**
 * A step of ROAR, random-order autoregression: some open positions are picked at random, the same in all samples, and their
 * tokens drawn. (4M, section 3; `roar_step_batched` and `guided_roar_step_batched` officially.)
 *
 * @param batch changed: the drawn tokens become input
 * @param count how many tokens a sample gets
 */
export async function roarStep(
  model: FourM,
  batch: Batch,
  modality: string,
  count: number,
  options: StepOptions,
): Promise<void> {
  const noise = options.draws.order(batch.modalities[modality]!.targetMask.length / batch.size);
  const positions = openPositions(batch, modality).map((open) =>
    open.sort((x, y) => noise[x]! - noise[y]!).slice(0, count),
  );
  const picked = positions[0]!.length;
  const logits = await predictTokens(model, batch, modality, positions, options.guidance, options.vocabulary);
  const width = logits.length / (batch.size * picked);
  positions.forEach((own, b) => {
    const ids = own.map((_, m) => {
      const row = b * picked + m;
      return sampleToken(logits.subarray(row * width, (row + 1) * width), options, options.draws).id;
    });
    decideTokens(batch, modality, b, own, ids);
  });
}
