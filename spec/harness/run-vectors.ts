import { FourMError } from '../../src/errors.js';
import type { VectorPlace } from './find-vectors.js';
import { type Outcome, runVector } from './judge.js';
import type { Implementation } from './results.js';

/**
 * Runs vectors one after the other. One that cannot be read is an outcome as well.
 *
 * @param probe of {@link VectorPlace.open}
 */
export async function* runVectors(
  places: readonly VectorPlace[],
  implementation: Implementation,
  options: { readonly tiers?: readonly string[] | undefined; readonly probe?: Implementation | undefined } = {},
): AsyncGenerator<Outcome> {
  for (const place of places) {
    const outcome = await runPlace(place, implementation, options);
    if (outcome) yield outcome;
  }
}

async function runPlace(
  place: VectorPlace,
  implementation: Implementation,
  { tiers, probe }: { readonly tiers?: readonly string[] | undefined; readonly probe?: Implementation | undefined },
): Promise<Outcome | undefined> {
  const start = performance.now();
  try {
    const vector = await place.open(probe);
    if (tiers && !tiers.includes(vector.about.tier)) return undefined;
    const outcome = await runVector(vector, implementation);
    return { ...outcome, milliseconds: Math.round(performance.now() - start) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return {
      name: place.name,
      kind: '?',
      tier: '?',
      status: 'errored',
      reason: `unusable vector: ${error instanceof FourMError ? text : `broke: ${text}`}`.replaceAll(/\s*\n\s*/g, ' '),
      differences: [],
      requirements: [],
      flags: [],
      flagsByRequirement: {},
      right: {},
      compared: 0,
    };
  }
}
