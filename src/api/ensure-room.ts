/** A request that cannot fit says so before it begins. */
import { InvalidInputError, MemoryError } from '../errors.js';
import { amountOf } from '../memory/amount.js';
import { type MemoryRoom, memoryRoom } from '../memory/room.js';
import { WEIGHT_DTYPES } from '../nn/packing.js';
import type { Parameter } from '../nn/parameters.js';
import type { GenerateOptions, Inputs } from './generate-options.js';
import type { ModelParts } from './model-parts.js';
import { dtypeOf, type Need, requestNeed } from './request-need.js';

/**
 * Makes room for a request: if it fits only without weights that earlier requests left behind, these are let go of.
 *
 * @throws MemoryError if it cannot fit, with what it takes, what there is room for, and what smaller request would fit
 */
export async function roomForRequest(
  model: ModelParts,
  samples: readonly Inputs[],
  options: GenerateOptions,
): Promise<readonly Parameter[]> {
  const need = await requestNeed(model, samples, options);
  const what = `generating ${options.to.join(', ')}${samples.length > 1 ? ` for ${samples.length} samples` : ''}`;
  await roomFor(model, need, what, (fits) => smallerRequests(model, samples, options, fits));
  return need.parameters;
}

/** Whether something would fit. */
type Fits = (need: Need) => boolean;

/** {@link roomForRequest} for anything. @param smaller says what would fit in its place */
export async function roomFor(
  model: ModelParts,
  need: Need,
  what: string,
  smaller: (fits: Fits) => Promise<string[]> = async () => [],
): Promise<void> {
  const room = memoryRoom();
  if (!room) return;
  const own = await model.parameters();
  const { weightCopies: copies } = room;
  const capacity = room.free + copies * bytesOf(own.filter(({ loaded }) => loaded));
  const fits: Fits = (other) => {
    return copies * other.weights + other.working <= capacity && largestOf(other.parameters) <= room.largestTensor;
  };
  if (!fits(need)) throw new MemoryError(refusal(what, need, room, capacity, await smaller(fits)));
  const missing = copies * bytesOf(need.parameters.filter(({ loaded }) => !loaded));
  if (missing + need.working > room.free) await model.release(need.parameters);
}

function refusal(what: string, need: Need, room: MemoryRoom, capacity: number, smaller: readonly string[]): string {
  const { working } = need;
  const weights = room.weightCopies * need.weights;
  const all = amountOf(weights + working);
  const total = `${what} needs ${all} (weights ${amountOf(weights)}, working memory ${amountOf(working)})`;
  const largest = largestOf(need.parameters);
  const lack =
    largest > room.largestTensor
      ? `${total}, ${amountOf(largest)} of it in one tensor, and the backend has tensors of at most ${amountOf(room.largestTensor)}`
      : `${total}, and there is room for ${amountOf(capacity)}`;
  const { elsewhere } = room;
  const others = elsewhere && elsewhere.free >= weights + working ? [elsewhere.how] : [];
  const offers = [...smaller, ...others];
  return offers.length > 0
    ? `${lack}; what would fit: ${offers.join('; or ')}`
    : `${lack}; nothing less of it would fit`;
}

/** What fits of a request that does not, in words. */
async function smallerRequests(
  model: ModelParts,
  samples: readonly Inputs[],
  options: GenerateOptions,
  fits: Fits,
): Promise<string[]> {
  const tried = async (...request: Parameters<typeof requestNeed>) => {
    try {
      return fits(await requestNeed(...request));
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
  const fitting = async (names: readonly string[], toOf: (name: string) => readonly string[]) => {
    const found: string[] = [];
    for (const name of names) if (await tried(model, samples, { ...options, to: toOf(name) })) found.push(name);
    return found;
  };
  if (to.length < 2) return offers;
  const without = await fitting(to, rest);
  if (without.length > 0) return [...offers, `the same without ${without.join(', or without ')}`];
  const alone = await fitting(to, (name) => [name]);
  return alone.length > 0 ? [...offers, `one at a time: ${alone.join(', ')}`] : offers;
}

function bytesOf(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, parameter) => sum + parameter.bytesAs(parameter.dtype), 0);
}

function largestOf(parameters: readonly Parameter[]): number {
  return parameters.reduce((most, parameter) => Math.max(most, parameter.bytesAs(parameter.dtype)), 0);
}
