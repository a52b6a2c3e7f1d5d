/** Registry of all objects with weights on the device, so that unused weights can be freed for others. */
import { type Computation, exceedsFreeMemory } from '../../memory/computation.js';
import type { Parameter } from '../../nn/parameters.js';

/** A model, or a tokenizer by itself. */
export interface WeightOwner {
  /** All its weights, loaded or not. */
  parameters(): Promise<readonly Parameter[]>;
  /** Frees the weights that are not in use; they are loaded again when they are needed. */
  release(): Promise<void>;
}

const owners = new Set<WeightOwner>();

/** Registers an owner. @returns a function that removes it */
export function registerWeightOwner(owner: WeightOwner): () => void {
  owners.add(owner);
  return () => owners.delete(owner);
}

/** All weights on the device. */
export async function loadedWeights(): Promise<Parameter[]> {
  const all = await Promise.all(Array.from(owners, (owner) => owner.parameters()));
  return all.flat().filter(({ loaded }) => loaded);
}

/** Frees weights until a computation fits: first those of its owner, then those of others, which are idle. */
export async function freeMemoryFor(computation: Computation, own: WeightOwner): Promise<void> {
  for (const owner of [own, ...owners]) {
    if (!exceedsFreeMemory(computation)) return;
    await owner.release();
  }
}
