import { instancesMethods } from '../api/request/texts/drawing.js';
import type { Inputs } from '../api/types/inputs.js';
import type { InstancesResult } from '../api/types/results.js';
import { InvalidInputError } from '../errors.js';
import { readSamInstances } from '../modalities/text/sam-instances.js';
import type { Generator, RecipeOptions } from './generator.js';

/** How thoroughly objects are searched for. */
export interface DenseSamOptions extends RecipeOptions {
  /** How often the model is asked; 16 if absent. Each time it looks at other places of the picture. */
  readonly times?: number;
}

/**
 * All objects of a picture ("segment anything"). Asked once, the model tells of the objects at a few points that it chooses;
 * so it is asked many times at once, and all answers are put together. (`generate_sam_dense` officially.)
 *
 * ```ts
 * const objects = await recipes.denseSam(model, { rgb: photo });
 * objects.drawOn(photo, await model.masks(objects.values));
 * ```
 *
 * @param inputs what is known of one picture
 * @returns      the answers as one; an object that is told several times comes as often: `Model.masks` puts these together
 * @throws       what `generate` throws
 */
export async function denseSam(
  model: Generator,
  inputs: Inputs,
  { times = 16, ...options }: DenseSamOptions = {},
): Promise<InstancesResult> {
  if (!Number.isInteger(times) || times < 1) {
    throw new InvalidInputError(`times must be a whole number above 0, not ${times}`);
  }
  const samples = Array.from({ length: times }, () => inputs);
  const answers = (await model.generateMany(samples, { ...options, to: ['sam_instance'] })).map(
    ({ sam_instance }) => sam_instance,
  );
  const text = answers.map((answer) => answer.text).join(' ');
  const tokens = Int32Array.from(answers.flatMap((answer) => Array.from(answer.tokens)));
  const reading = readSamInstances(text);
  const { modality } = answers[0]!;
  return { kind: 'instances', modality, tokens, text, ...reading, ...instancesMethods(reading.values) };
}
