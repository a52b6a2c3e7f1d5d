/** Decides the targets of a request and their decoding settings. */
import type { DecodingTarget } from '../../decoding/chain-steps.js';
import { InvalidInputError } from '../../errors.js';
import type { ModelModality } from '../types/description.js';
import type { Inputs } from '../types/inputs.js';
import type { GenerateOptions } from '../types/options.js';
import type { DecodingSettings } from '../types/package.js';

/** The modalities of a model, by short name. */
type Modalities = Readonly<Record<string, ModelModality>>;

/**
 * Names of the generated modalities, in order: the targets, each preceded by its `chain` if no image is given. Those of the chain that
 * are given are not generated.
 *
 * @param given names of the inputs; all names exist
 */
export function generationOrder(
  modalities: Modalities,
  given: readonly string[],
  targets: readonly string[],
): string[] {
  if (givesImage(modalities, given)) return [...targets];
  const known = new Set([...given, ...targets]);
  const chain = (name: string) => {
    const modality = modalities[name]!;
    return 'chain' in modality ? (modality.chain ?? []).filter((other) => !known.has(other)) : [];
  };
  return [...new Set(targets.flatMap((name) => [...chain(name), name]))];
}

/** Targets of a request. */
export interface RequestedTargets {
  /** Short names of the inputs, including those of conditions. */
  readonly given: readonly string[];
  /** Short names of the generated modalities, in order. */
  readonly order: readonly string[];
  /** The same for the transformer. */
  readonly targets: readonly DecodingTarget[];
}

/** Plans the targets of a request that passed {@link checkRequest}. With weighted conditions, the guidance scale is unused. */
export function requestedTargets(
  modalities: Modalities,
  inputs: Inputs,
  { to, conditions = [], decoding }: GenerateOptions,
): RequestedTargets {
  const given = [inputs, ...conditions.map((condition) => condition.inputs)].flatMap(Object.keys);
  const order = generationOrder(modalities, given, to);
  const usual = conditions.length > 0 ? { guidanceScale: 1 } : {};
  const targets = order.map((name) => decodingTarget(modalities, given, name, { ...usual, ...decoding?.[name] }));
  return { given, order, targets };
}

/** Decoding settings of a modality, by whether an image is given, with the request's overrides. */
export function decodingTarget(
  modalities: Modalities,
  given: readonly string[],
  name: string,
  overrides: Partial<DecodingSettings> = {},
): DecodingTarget {
  const modality = modalities[name]!;
  return { modality: modality.tokens, ...settingsOf(modality, modalities, given), ...overrides };
}

function settingsOf(modality: ModelModality, modalities: Modalities, given: readonly string[]): DecodingSettings {
  if (modality.kind === 'published') {
    return given.some((name) => /^rgb(@|$)/.test(name)) ? modality.decodingFromImage : modality.decoding;
  }
  // Modalities that can only be inputs cannot be targets: such a request is refused.
  if (modality.kind === 'embeddings') throw new InvalidInputError(`'${modality.tokens}' can only be given`);
  const hasNoImage = 'decodingFromText' in modality && !givesImage(modalities, given);
  return (hasNoImage ? modality.decodingFromText : undefined) ?? modality.decoding;
}

function givesImage(modalities: Modalities, given: readonly string[]): boolean {
  return given.some((name) => modalities[name]!.kind === 'image');
}
