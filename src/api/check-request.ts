import { InvalidInputError } from '../errors.js';
import { type ModelDescription, modalityNamed } from './description.js';
import type { GenerateOptions, Inputs } from './generate-options.js';
import { isPartial } from './partial.js';

/** @throws InvalidInputError for a request that no model could answer: names that are unknown, or given and asked for */
export function checkRequest(
  about: ModelDescription,
  samples: readonly Inputs[],
  { to, conditions = [] }: GenerateOptions,
): void {
  const [first] = samples;
  if (!first) throw new InvalidInputError('there is nothing to generate from: no samples');
  if (to.length === 0) {
    throw new InvalidInputError(`nothing to generate; this model knows ${Object.keys(about.modalities).join(', ')}`);
  }
  const given = Object.keys(first);
  const weighted = conditions.flatMap(({ inputs }) => Object.keys(inputs));
  for (const name of [...given, ...weighted, ...to]) modalityNamed(about, name);
  const whole = (name: string) => given.includes(name) && !samples.some((inputs) => isPartial(inputs[name]!));
  const twice = to.find((name, i) => whole(name) || weighted.includes(name) || to.indexOf(name) !== i);
  if (twice !== undefined) throw new InvalidInputError(`'${twice}' is given and asked for, or asked for twice`);
  if (samples.some((inputs) => Object.keys(inputs).sort().join() !== [...given].sort().join())) {
    throw new InvalidInputError('all samples must give the same modalities');
  }
}
