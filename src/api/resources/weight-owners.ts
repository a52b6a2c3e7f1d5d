/** All that has weights on the device, so that those which nothing computes with make room for what does. */
import { type Computation, exceedsFreeMemory } from '../../memory/computation.js';
import type { Parameter } from '../../nn/parameters.js';

/** A model, or a tokenizer by itself. */
export interface WeightOwner {
  /** All its weights, loaded or not. */
  parameters(): Promise<readonly Parameter[]>;
  /** Lets go of the weights that it does not compute with; they are read anew when they are needed. */
  release(): Promise<void>;
}

const owners = new Set<WeightOwner>();

/** Makes an owner known. @returns what makes it unknown again */
export function registerWeightOwner(owner: WeightOwner): () => void {
  owners.add(owner);
  return () => owners.delete(owner);
}

/** All weights that are on the device. */
export async function loadedWeights(): Promise<Parameter[]> {
  const all = await Promise.all(Array.from(owners, (owner) => owner.parameters()));
  return all.flat().filter(({ loaded }) => loaded);
}

/** Lets go of weights until something fits beside what is left: its own first, and then those of others, who wait for their turn. */
export async function freeMemoryFor(computation: Computation, own: WeightOwner): Promise<void> {
  for (const owner of [own, ...owners]) {
    if (!exceedsFreeMemory(computation)) return;
    await owner.release();
  }
}
