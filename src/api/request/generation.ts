/** The steps of a generation: read inputs, generate tokens, write results. */
import { type GenerationRequest, generateTokens } from '../../decoding/generate.js';
import { pauseOrCancel } from '../../errors.js';
import { decodingReports, loadingReports, reporter } from '../progress/progress.js';
import type { ThroughputEstimator } from '../progress/throughput.js';
import { checkRequestFits } from '../resources/check-fits.js';
import { type ModelParts, vocabularyFor } from '../resources/model-parts.js';
import { modalityNamed } from '../types/description.js';
import type { Inputs } from '../types/inputs.js';
import type { GenerateOptions } from '../types/options.js';
import type { Result, Results } from '../types/results.js';
import { readConditions, readInputs } from './read-inputs.js';
import { tokenReports } from './report-tokens.js';
import { randomOf } from './seeds.js';
import { requestedTargets } from './targets.js';
import { writeResults, writingWork } from './write-results.js';

/** Measures time, and estimates the time that is left. */
export interface Timing {
  /** Milliseconds since any fixed moment. */
  readonly clock: () => number;
  readonly throughput: ThroughputEstimator;
}

/**
 * Generates modalities of one or more samples in a batch.
 *
 * @param samples at least one; all with the same modalities
 * @throws InvalidInputError for values of another kind or size
 * @throws MemoryError before anything is read or computed, if the request does not fit into the backend's memory
 * @throws MediaError for bytes that are not an image file
 * @throws CancelledError when the signal fires
 */
export async function runGeneration<Name extends string>(
  model: ModelParts,
  samples: readonly Inputs[],
  options: GenerateOptions<Name>,
  { clock, throughput }: Timing,
): Promise<Results<Name>[]> {
  const { to, signal, onTokens, details } = options;
  await pauseOrCancel(signal, 'generating');
  const memory = await checkRequestFits(model, samples, options);
  const work = to.map((name) => [`write ${name}`, writingWork(model, name) * samples.length] as const);
  const report = reporter(options.onProgress, throughput, clock, new Map(work));

  const inputs = await readInputs(model, samples, to, { signal, report });
  const conditions = await readConditions(model, options.conditions ?? [], samples.length, { signal, report });

  const { description } = model;
  const { given, order, targets } = requestedTargets(description.modalities, samples[0]!, options);
  const nameOf = (modality: string) => order.find((name) => modalityNamed(description, name).tokens === modality)!;
  const names = [...new Set([...given, ...order])];
  const request: GenerationRequest = {
    inputs,
    ...(conditions.length > 0 && { conditions }),
    targets,
    vocabulary: await vocabularyFor(model, [...given, ...to], signal),
    random: randomOf(options.seed ?? 0, samples.length),
    signal,
    onTokens: onTokens && (await tokenReports(model, names, onTokens, signal)),
    details,
    onProgress: decodingReports(report, nameOf),
    onLoad: loadingReports(report),
  };
  const tokens = await model.withMemoryFor(memory, () => generateTokens(model.transformer, request));

  const results: Record<string, Result>[] = samples.map(() => ({}));
  for (const name of to) {
    await pauseOrCancel(signal, `detokenizing '${name}'`);
    const written = await writeResults(model, name, tokens[modalityNamed(description, name).tokens]!, options, report);
    written.forEach((result, i) => {
      results[i]![name] = result;
    });
  }
  return results as unknown as Results<Name>[];
}
