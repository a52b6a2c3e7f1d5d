/** Rejects requests that cannot fit into memory, before they start. */
import { InvalidInputError, MemoryError } from '../../errors.js';
import { type Computation, weightBytes } from '../../memory/computation.js';
import { formatBytes } from '../../memory/format-bytes.js';
import { memoryInfo } from '../../nn/kernels/memory-info.js';
import { WEIGHT_DTYPES, type WeightDtype } from '../../nn/packed/packing.js';
import type { Inputs } from '../types/inputs.js';
import type { GenerateOptions } from '../types/options.js';
import type { ModelParts } from './model-parts.js';
import { dtypeOf, type MemoryNeed, requestMemory, requestParts } from './request-need.js';
import { loadedWeights } from './weight-owners.js';

/**
 * Checks that each part of a request fits into the memory without any other weights. Weights of earlier parts and requests, of
 * any model, are freed when a part needs their memory.
 *
 * @returns memory of the generating part
 * @throws MemoryError with the required memory, the available memory, and a smaller request that would fit
 */
export async function checkRequestFits(
  model: ModelParts,
  samples: readonly Inputs[],
  options: GenerateOptions,
): Promise<Computation> {
  const needs = await requestMemory(model, samples, options);
  const need = needs(samples.length);
  await checkFits(requestParts(need), async (fitting) => {
    const samplesThatFit = mostFitting(samples.length, (count) => fitting(requestParts(needs(count))));
    return smallerRequests(model, samples, options, fitting, samplesThatFit);
  });
  return need.generating;
}

/** Whether all parts of something would fit. */
type Fitting = (needs: readonly MemoryNeed[]) => boolean;

/** {@link checkRequestFits} for any parts. @param smaller describes a smaller alternative */
export async function checkFits(
  needs: readonly MemoryNeed[],
  smaller: (fitting: Fitting) => Promise<string[]> = async () => [],
): Promise<void> {
  const memory = memoryInfo();
  if (!memory) return;
  const { weightCopies: copies, largestTensor } = memory;
  const capacity = memory.free + copies * weightBytes(await loadedWeights());
  const total = ({ weights, working }: MemoryNeed) => copies * weights + working;
  const fits = (need: MemoryNeed) => total(need) <= capacity && need.largest <= largestTensor;
  const [worst] = needs.filter((need) => !fits(need)).sort((x, y) => total(y) - total(x));
  if (!worst) return;
  const { what, weights, working, largest } = worst;
  const all = formatBytes(total(worst));
  const lack =
    largest > largestTensor
      ? `a tensor of ${formatBytes(largest)}, and this backend has none above ${formatBytes(largestTensor)}`
      : `${all} (weights ${formatBytes(copies * weights)}, working memory ${formatBytes(working)}), and there is room for ${formatBytes(capacity)}`;
  const offers = await smaller((others) => others.every(fits));
  if (memory.elsewhere && total(worst) <= memory.elsewhere.free) offers.push(memory.elsewhere.how);
  const rest = offers.length > 0 ? `what would fit: ${offers.join('; or ')}` : 'nothing less of it would fit';
  throw new MemoryError(`${what} needs ${lack}; ${rest}`);
}

/**
 * The largest number of samples that fits, 0 if not even one does. Memory never decreases with samples, so this is a binary search.
 *
 * @param fits whether that many samples fit
 */
export function mostFitting(count: number, fits: (samples: number) => boolean): number {
  let [fitting, exceeding] = [0, count];
  while (exceeding - fitting > 1) {
    const middle = Math.floor((fitting + exceeding) / 2);
    if (fits(middle)) fitting = middle;
    else exceeding = middle;
  }
  return fitting;
}

/** Error text: the part of a request that fits. @param largest number of samples that fits */
async function smallerRequests(
  model: ModelParts,
  samples: readonly Inputs[],
  options: GenerateOptions,
  fitting: Fitting,
  samplesThatFit: number,
): Promise<string[]> {
  const tried = async (to: readonly string[], dtype?: WeightDtype) => {
    try {
      const needs = await requestMemory(model, samples, { ...options, to }, dtype);
      return fitting(requestParts(needs(samples.length)));
    } catch (error) {
      if (error instanceof InvalidInputError) return false;
      throw error;
    }
  };
  const { to } = options;
  const offers: string[] = [];
  const narrower = WEIGHT_DTYPES.slice(WEIGHT_DTYPES.indexOf(dtypeOf(model)) + 1);
  for (const dtype of narrower) {
    if (await tried(to, dtype)) offers.push(`loadModel with dtype '${dtype}'`);
  }
  if (samplesThatFit > 0) offers.push(`${samplesThatFit} of the ${samples.length} samples at a time`);
  const rest = (name: string) => to.filter((other) => other !== name);
  const among = async (toOf: (name: string) => readonly string[], dtype?: WeightDtype) => {
    const found: string[] = [];
    for (const name of to) if (await tried(toOf(name), dtype)) found.push(name);
    return found.join(', ');
  };
  if (to.length < 2) return offers;
  const without = await among(rest);
  if (without) return [...offers, `the same without one of ${without}`];
  const alone = await among((name) => [name]);
  if (alone) return [...offers, `one at a time: ${alone}`];
  const narrowest = narrower.at(-1);
  if (offers.length > 0 || !narrowest) return offers;
  const apart = await among((name) => [name], narrowest);
  return apart ? [`loadModel with dtype '${narrowest}', and then one at a time: ${apart}`] : [];
}
