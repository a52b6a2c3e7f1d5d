/** A request that cannot fit says so before it begins. */
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
 * Checks that a request fits: each of its parts, beside no other weights. Those that an earlier part or request left behind, of any
 * model, are let go of when a part begins that would not fit beside them.
 *
 * @returns what generating takes
 * @throws MemoryError saying what it takes, what there is room for, and what smaller request would fit
 */
export async function checkRequestFits(
  model: ModelParts,
  samples: readonly Inputs[],
  options: GenerateOptions,
): Promise<Computation> {
  const need = await requestMemory(model, samples, options);
  await checkFits(requestParts(need), (fitting) => smallerRequests(model, samples, options, fitting));
  return need.generating;
}

/** Whether all parts of something would fit. */
type Fitting = (needs: readonly MemoryNeed[]) => boolean;

/** {@link checkRequestFits} for any parts. @param smaller says what would fit in their place */
export async function checkFits(
  needs: readonly MemoryNeed[],
  smaller: (fitting: Fitting) => Promise<string[]> = async () => [],
): Promise<void> {
  const room = memoryInfo();
  if (!room) return;
  const { weightCopies: copies, largestTensor } = room;
  const capacity = room.free + copies * weightBytes(await loadedWeights());
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
  if (room.elsewhere && total(worst) <= room.elsewhere.free) offers.push(room.elsewhere.how);
  const rest = offers.length > 0 ? `what would fit: ${offers.join('; or ')}` : 'nothing less of it would fit';
  throw new MemoryError(`${what} needs ${lack}; ${rest}`);
}

/** What fits of a request that does not, in words. */
async function smallerRequests(
  model: ModelParts,
  samples: readonly Inputs[],
  options: GenerateOptions,
  fitting: Fitting,
): Promise<string[]> {
  const tried = async (...request: Parameters<typeof requestMemory>) => {
    try {
      return fitting(requestParts(await requestMemory(...request)));
    } catch (error) {
      if (error instanceof InvalidInputError) return false;
      throw error;
    }
  };
  const offers: string[] = [];
  const narrower = WEIGHT_DTYPES.slice(WEIGHT_DTYPES.indexOf(dtypeOf(model)) + 1);
  for (const dtype of narrower) {
    if (await tried(model, samples, options, dtype)) offers.push(`loadModel with dtype '${dtype}'`);
  }
  for (let count = samples.length - 1; count > 0; count--) {
    if (!(await tried(model, samples.slice(0, count), options))) continue;
    offers.push(`${count} of the ${samples.length} samples at a time`);
    break;
  }
  const { to } = options;
  const rest = (name: string) => to.filter((other) => other !== name);
  const among = async (toOf: (name: string) => readonly string[], dtype?: WeightDtype) => {
    const found: string[] = [];
    for (const name of to) if (await tried(model, samples, { ...options, to: toOf(name) }, dtype)) found.push(name);
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
