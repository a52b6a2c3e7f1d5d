import type { GenerateOptions, GenerationProgress, Inputs, Model } from '../../api/model.js';
import type { Result, Results } from '../../api/types/results.js';

/** Options of {@link predictApart}. */
export interface PredictionOptions extends Pick<GenerateOptions, 'seed' | 'signal' | 'decoding'> {
  /** Called with the share of the whole that is done, 0…1, and how far the generation of a target is. */
  readonly onProgress?: (share: number, progress: GenerationProgress) => void;
}

/** Predicts each target from the inputs alone, where {@link Model.generateMany} would let it see the targets before it. */
export async function predictApart<Name extends string>(
  model: Model,
  inputs: readonly Inputs[],
  to: readonly Name[],
  { seed, signal, decoding, onProgress }: PredictionOptions,
): Promise<Results<Name>[]> {
  const predicted: Record<string, Result>[] = inputs.map(() => ({}));
  for (const [i, name] of to.entries()) {
    const results = await model.generateMany(inputs, {
      to: [name],
      seed,
      signal,
      ...(decoding && { decoding }),
      onProgress: (at) => onProgress?.((i + at.share) / to.length, at),
    });
    results.forEach((result, sample) => {
      Object.assign(predicted[sample]!, result);
    });
  }
  return predicted as unknown as Results<Name>[];
}
