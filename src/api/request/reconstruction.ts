/** Values encoded as tokens and decoded again. */
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { checkOptionNames } from '../../option-names.js';
import { checkFits } from '../resources/check-fits.js';
import type { ModelParts } from '../resources/model-parts.js';
import { reconstructionMemory } from '../resources/request-need.js';
import { type ModelDescription, modalityNamed } from '../types/description.js';
import type { HostInput, Input } from '../types/inputs.js';
import type { ReconstructOptions } from '../types/options.js';
import type { Result } from '../types/results.js';
import { checkList } from './check-request.js';
import { isPartial } from './partial.js';
import { readInputs } from './read-inputs.js';
import { checkSeed } from './seeds.js';
import { writeResults } from './write-results.js';

/** @throws InvalidInputError for options or values that {@link runReconstruction} does not take */
export function checkReconstruction(
  description: ModelDescription,
  name: string,
  values: readonly HostInput[],
  options: ReconstructOptions,
): void {
  checkOptionNames('reconstruct', options, ['seed', 'signal']);
  checkList(values, 'the values to reconstruct');
  checkSeed(options.seed, values.length);
  const { kind } = modalityNamed(description, name);
  if (kind === 'embeddings') throw new InvalidInputError(`'${name}' can only be given, and has no tokens`);
  if (values.length === 0) throw new InvalidInputError(`there is nothing to reconstruct of '${name}'`);
  if (values.some(isPartial)) throw new InvalidInputError(`of '${name}', only whole values can be reconstructed`);
}

/**
 * Encodes values of a modality and decodes them.
 *
 * @throws InvalidInputError for values of another kind or size
 * @throws MemoryError if the backend has no room for it
 * @throws MediaError for bytes that are not an image file
 * @throws CancelledError when the signal fires
 */
export async function runReconstruction(
  model: ModelParts,
  name: string,
  values: readonly Input[],
  options: ReconstructOptions,
): Promise<Result[]> {
  const { signal } = options;
  await pauseOrCancel(signal, `reconstructing '${name}'`);
  await checkFits(await reconstructionMemory(model, name, values.length, signal));
  const samples = values.map((value) => ({ [name]: value }));
  const known = await readInputs(model, samples, [name], { signal, report: () => {} });
  const { ids } = known[modalityNamed(model.description, name).tokens] as { ids: readonly ArrayLike<number>[] };
  const tokens = ids.map((row) => Int32Array.from(row));
  return writeResults(model, name, tokens, options);
}
