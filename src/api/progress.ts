import type { GenerateOptions } from './generate-options.js';
import { type ModelParts, tokensOf } from './model-parts.js';

/**
 * Progress of a whole generation, from that of each modality.
 *
 * @param order short names of what is generated, in order
 */
export function overallProgress(
  model: ModelParts,
  order: readonly string[],
  onProgress: GenerateOptions['onProgress'],
): ((own: { modality: string; done: number; total: number }) => void) | undefined {
  if (!onProgress) return undefined;
  const infos = order.map((name) => tokensOf(model, name));
  const sum = (some: typeof infos) => some.reduce((total, { maxTokens }) => total + maxTokens, 0);
  return ({ modality, done, total }) => {
    const at = infos.findIndex((info) => info.name === modality);
    const own = Math.round((done / total) * infos[at]!.maxTokens);
    onProgress({ modality: order[at]!, done: sum(infos.slice(0, at)) + own, total: sum(infos) });
  };
}
