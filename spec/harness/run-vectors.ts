import { FourMError } from '../../src/errors.js';
import type { VectorFolder } from './find-vectors.js';
import { type Outcome, runVector } from './judge.js';
import type { Implementation } from './results.js';

/**
 * Runs vectors one after another. A vector that cannot be read has the status `errored`.
 *
 * @param probe of {@link VectorFolder.open}
 */
export async function* runVectors(
  vectors: readonly VectorFolder[],
  implementation: Implementation,
  options: { readonly tiers?: readonly string[] | undefined; readonly probe?: Implementation | undefined } = {},
): AsyncGenerator<Outcome> {
  for (const folder of vectors) {
    const outcome = await runFolder(folder, implementation, options);
    if (outcome) yield outcome;
  }
}

async function runFolder(
  folder: VectorFolder,
  implementation: Implementation,
  { tiers, probe }: { readonly tiers?: readonly string[] | undefined; readonly probe?: Implementation | undefined },
): Promise<Outcome | undefined> {
  const start = performance.now();
  try {
    const vector = await folder.open(probe);
    if (tiers && !tiers.includes(vector.about.tier)) return undefined;
    const outcome = await runVector(vector, implementation);
    return { ...outcome, milliseconds: Math.round(performance.now() - start) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return {
      name: folder.name,
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
