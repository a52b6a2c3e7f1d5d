import { instancesMethods } from '../api/request/drawing.js';
import type { Inputs } from '../api/types/inputs.js';
import type { InstancesResult } from '../api/types/results.js';
import { InvalidInputError } from '../errors.js';
import type { SamInstance } from '../modalities/text/sam-instances.js';
import { Random } from '../random.js';
import type { Generator, RecipeOptions } from './generator.js';

/** How thoroughly objects are searched for. */
export interface DenseSamOptions extends Omit<RecipeOptions, 'seed'> {
  /** How often the model is asked; 16 if absent. Each time it looks at other places of the picture. */
  readonly times?: number;
  /** Of the seeds with which it is asked; 0 if absent. */
  readonly seed?: number;
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
  { times = 16, seed = 0, ...options }: DenseSamOptions = {},
): Promise<InstancesResult> {
  if (!Number.isInteger(times) || times < 1) {
    throw new InvalidInputError(`times must be a whole number above 0, not ${times}`);
  }
  const samples = Array.from({ length: times }, () => inputs);
  const random = new Random(seed);
  const seeds = samples.map(() => random.integer(0, 2 ** 31 - 1));
  const answers = (await model.generateMany(samples, { ...options, seed: seeds, to: ['sam_instance'] })).map(
    ({ sam_instance }) => sam_instance,
  );
  const text = answers.map((answer) => answer.text).join(' ');
  const tokens = Int32Array.from(answers.flatMap((answer) => Array.from(answer.tokens)));
  const area = ({ box }: SamInstance) => (box.xmax - box.xmin) * (box.ymax - box.ymin);
  const values = answers.flatMap((answer) => answer.values).sort((a, b) => area(b) - area(a));
  const unparsed = answers.reduce((sum, answer) => sum + answer.unparsed, 0);
  const { modality, size } = answers[0]!;
  return { kind: 'instances', modality, tokens, text, size, values, unparsed, ...instancesMethods(values, size) };
}
