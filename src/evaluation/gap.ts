import { checkFinite } from './checks.js';

/** Whether a figure is an error (`lower` is better) or a score (`higher` is better). */
export type Better = 'lower' | 'higher';

/**
 * How much of the way from the trivial predictor to the ceiling a model has gone: 0 where it is as good as the trivial
 * predictor, 1 where it is as good as the ceiling; below 0 where it is worse than the one, above 1 where it is better than
 * the other.
 *
 * @param trivial the figure of a predictor that sees no input
 * @param ceiling the best that can be had, such as the figure of the tokenizer's own reconstruction
 * @returns       null where the ceiling is no better than the trivial predictor, so that there is no way to go
 * @throws {InvalidInputError} for NaN or an infinity
 */
export function gapClosed(trivial: number, model: number, ceiling: number, better: Better): number | null {
  checkFinite("the trivial predictor's figure", trivial);
  checkFinite("the model's figure", model);
  checkFinite("the ceiling's figure", ceiling);
  const gap = better === 'lower' ? trivial - ceiling : ceiling - trivial;
  const gain = better === 'lower' ? trivial - model : model - trivial;
  return gap > 0 ? gain / gap : null;
}
