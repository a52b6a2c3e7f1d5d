/** Downloads the weights of a request before it leaves the queue, so that a slow server does not block other requests. */
import { MemoryError } from '../../errors.js';
import { fetchForMasks } from '../request/texts/instances.js';
import { fetchForBodyPoses, fetchForPoses } from '../request/texts/poses.js';
import { isCoded, type ModelModality, modalityNamed } from '../types/description.js';
import type { Inputs } from '../types/inputs.js';
import type { GenerateOptions } from '../types/options.js';
import { checkFits, checkRequestFits } from './check-fits.js';
import { type ModelParts, vocabularyFor } from './model-parts.js';
import { reconstructionMemory, requestMemory, requestParts } from './request-need.js';
import { enqueue } from './request-queue.js';

/**
 * Downloads what generating needs: tokenizers, weights and the vocabulary.
 *
 * @throws MemoryError    before weights are downloaded, if the backend has no memory for them
 * @throws CancelledError when the signal fires
 */
export async function downloadForRequest(
  model: ModelParts,
  samples: readonly Inputs[],
  options: GenerateOptions,
): Promise<void> {
  const { signal, to, conditions = [] } = options;
  const inputs = [...samples, ...conditions.map((condition) => condition.inputs)];
  await vocabularyFor(model, [...new Set([...inputs.flatMap(Object.keys), ...to])], signal);
  const parts = requestParts((await requestMemory(model, samples, options))(samples.length));
  await checkNowOrQueued('generating', signal, () => checkRequestFits(model, samples, options));
  await model.fetch(
    parts.flatMap(({ parameters }) => parameters),
    signal,
  );
  for (const input of inputs.flatMap(Object.values)) await fetchForPoses(input, model, signal);
  for (const name of to) await fetchForResult(modalityNamed(model.description, name), model, signal);
}

/** Downloads the package's tokenizers of the tokens inside generated texts. */
async function fetchForResult(modality: ModelModality, model: ModelParts, signal?: AbortSignal): Promise<void> {
  if (isCoded(modality) || !('tokenizer' in modality) || modality.tokenizer === undefined) return;
  await (modality.kind === 'poses' ? fetchForBodyPoses : fetchForMasks)(model, signal);
}

/** Downloads what reconstructing a modality needs. Errors as {@link downloadForRequest}. */
export async function downloadForReconstruction(
  model: ModelParts,
  name: string,
  samples: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const parts = await reconstructionMemory(model, name, samples, signal);
  await checkNowOrQueued(`reconstructing '${name}'`, signal, () => checkFits(parts));
  await model.fetch(
    parts.flatMap(({ parameters }) => parameters),
    signal,
  );
}

/** Checks at once, and if that fails again in the queue: while another request computes, less memory may be free than later. */
export async function checkNowOrQueued(
  what: string,
  signal: AbortSignal | undefined,
  check: () => Promise<unknown>,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    await enqueue(what, signal, check);
  }
}
