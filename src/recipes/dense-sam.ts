import { instancesMethods } from '../api/request/drawing.js';
import { withSaving } from '../api/request/saving.js';
import type { Inputs } from '../api/types/inputs.js';
import type { InstancesResult } from '../api/types/results.js';
import { InvalidInputError } from '../errors.js';
import type { SamInstance } from '../modalities/text/sam-instances.js';
import { Random } from '../random.js';
import type { Generator, RecipeOptions } from './generator.js';

/** Options of {@link denseSam}. */
export interface DenseSamOptions extends Omit<RecipeOptions, 'seed'> {
  /** Number of generations, each with other random points; 16 if absent. */
  readonly times?: number;
  /** First of their seeds; 0 if absent. */
  readonly seed?: number;
}

/**
 * All objects of a picture ("segment anything"). One generation contains the objects at a few random points, so many are run in
 * one batch and combined. (`generate_sam_dense` officially.)
 *
 * ```ts
 * const objects = await recipes.denseSam(model, { rgb: photo });
 * objects.drawOn(photo, await model.masks(objects.values));
 * ```
 *
 * @param inputs inputs of one picture
 * @returns      all objects in one result. An object found several times is repeated; `Model.masks` merges such masks
 * @throws       the errors of `generate`
 */
export async function denseSam(
  model: Generator,
  inputs: Inputs,
  { times = 16, seed = 0, ...options }: DenseSamOptions = {},
): Promise<InstancesResult> {
  if (!Number.isInteger(times) || times < 1) {
    throw new InvalidInputError(`times must be a whole number above 0, not ${times}`);
  }
  const samples = Array.from({ length: times }, () => inputs);
  const random = new Random(seed);
  const seeds = samples.map(() => random.integer(0, 2 ** 31 - 1));
  const results = (await model.generateMany(samples, { ...options, seed: seeds, to: ['sam_instance'] })).map(
    ({ sam_instance }) => sam_instance,
  );
  const text = results.map((result) => result.text).join(' ');
  const tokens = Int32Array.from(results.flatMap((result) => Array.from(result.tokens)));
  const area = ({ box }: SamInstance) => (box.xmax - box.xmin) * (box.ymax - box.ymin);
  const values = results.flatMap((result) => result.values).sort((a, b) => area(b) - area(a));
  const unparsed = results.reduce((sum, result) => sum + result.unparsed, 0);
  const { modality, size } = results[0]!;
  const methods = instancesMethods(values, size);
  return withSaving({
    kind: 'instances',
    modality,
    tokens,
    text,
    size,
    values,
    unparsed,
    ...methods,
  }) as InstancesResult;
}
