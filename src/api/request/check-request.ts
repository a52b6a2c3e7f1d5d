import { InvalidInputError } from '../../errors.js';
import { checkOptionNames } from '../../option-names.js';
import { type ModelDescription, modalityNamed } from '../types/description.js';
import type { HostInputs } from '../types/inputs.js';
import type { GenerateOptions } from '../types/options.js';
import { checkOverrides } from '../types/package.js';
import { isPartial } from './partial.js';
import { checkSeed } from './seeds.js';

/** Names of {@link GenerateOptions}. */
const OPTIONS = ['to', 'conditions', 'seed', 'decoding', 'onProgress', 'onTokens', 'details', 'signal'];

/** @throws InvalidInputError for anything but a list. @param what the list holds */
export function checkList(values: unknown, what: string): void {
  if (!Array.isArray(values)) throw new InvalidInputError(`${what} are given as a list`);
}

/** @throws InvalidInputError for unknown names, for modalities that are both input and target, and for invalid settings */
export function checkRequest(
  about: ModelDescription,
  samples: readonly HostInputs[],
  options: GenerateOptions<string, HostInputs>,
): void {
  checkOptionNames('generate', options, OPTIONS);
  const { to, conditions = [], decoding = {} } = options ?? { to: undefined };
  checkList(samples, 'the samples of generateMany');
  if (!Array.isArray(to))
    throw new InvalidInputError(`'to' is a list of what to generate, such as ['depth', 'caption'], not ${to}`);
  const [first] = samples;
  if (samples.length === 0) throw new InvalidInputError('no samples are given');
  checkSeed(options.seed, samples.length);
  checkDetails(options);
  const isInputs = (inputs: unknown) => typeof inputs === 'object' && inputs !== null && !Array.isArray(inputs);
  if (!first || !samples.every(isInputs)) {
    throw new InvalidInputError(
      'inputs are an object of modalities, such as { rgb: image }; {} where nothing is known',
    );
  }
  if (to.length === 0) {
    throw new InvalidInputError(`no targets; this model has ${Object.keys(about.modalities).join(', ')}`);
  }
  if (!Array.isArray(conditions) || !conditions.every((condition) => isInputs(condition?.inputs))) {
    throw new InvalidInputError("'conditions' is a list of { inputs, weight }");
  }
  if (!isInputs(decoding)) {
    throw new InvalidInputError("'decoding' is an object of settings by modality, such as { depth: { steps: 8 } }");
  }
  const given = Object.keys(first);
  const weighted = conditions.flatMap(({ inputs }) => Object.keys(inputs));
  for (const name of [...given, ...weighted, ...to]) modalityNamed(about, String(name));
  for (const [name, settings] of Object.entries(decoding)) {
    modalityNamed(about, name);
    checkOverrides(name, settings);
  }
  const whole = (name: string) => given.includes(name) && !samples.some((inputs) => isPartial(inputs[name]!));
  const both = to.find((name) => whole(name) || weighted.includes(name));
  if (both !== undefined) {
    throw new InvalidInputError(
      `'${both}' is both given and a target: given are ${given.join(', ')}; targets are ${to.join(', ')}`,
    );
  }
  const inputOnly = to.find((name) => modalityNamed(about, name).kind === 'embeddings');
  if (inputOnly !== undefined) throw new InvalidInputError(`'${inputOnly}' can only be given`);
  const twice = to.find((name, i) => to.indexOf(name) !== i);
  if (twice !== undefined) throw new InvalidInputError(`'${twice}' is a target twice`);
  if (samples.some((inputs) => Object.keys(inputs).sort().join() !== [...given].sort().join())) {
    throw new InvalidInputError('all samples must give the same modalities');
  }
}

function checkDetails({ details, onTokens }: GenerateOptions<string, HostInputs>): void {
  checkOptionNames('details', details, ['alternatives', 'attention']);
  if (details === undefined) return;
  if (!onTokens) throw new InvalidInputError("'details' are of the tokens that onTokens reports, which is not given");
  const { alternatives, attention } = details;
  if (alternatives !== undefined && !(Number.isSafeInteger(alternatives) && alternatives >= 1)) {
    throw new InvalidInputError(`details.alternatives must be a whole number above 0, not ${String(alternatives)}`);
  }
  if (attention !== undefined && typeof attention !== 'boolean') {
    throw new InvalidInputError(`details.attention must be true or false, not ${String(attention)}`);
  }
}
