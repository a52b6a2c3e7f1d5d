/** Learning rate schedule: linear warm-up, then cosine decay. (4M, appendix on training.) */
export interface LearningRate {
  readonly peak: number;
  /** Steps until the peak. */
  readonly warmup: number;
  readonly total: number;
  /** Final learning rate. */
  readonly final: number;
}

/**
 * The learning rate of one step.
 *
 * @param step counts from 0
 */
export function learningRate({ peak, warmup, total, final }: LearningRate, step: number): number {
  if (step < warmup) return (peak * (step + 1)) / warmup;
  const progress = Math.min((step - warmup) / Math.max(total - warmup, 1), 1);
  return final + ((peak - final) * (1 + Math.cos(Math.PI * progress))) / 2;
}
