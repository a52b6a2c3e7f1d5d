import type { Inputs } from '../api/types/inputs.js';
import type { Results } from '../api/types/results.js';
import { InvalidInputError } from '../errors.js';
import type { Generator, RecipeOptions } from './generator.js';

/** Targets and options. */
export interface SuperResolutionOptions extends RecipeOptions {
  /** Targets; absent, all modalities that the model has at a higher resolution than the inputs. */
  readonly to?: readonly string[];
}

/** Features first, the picture last; each is an input of the following ones. (`DEFAULT_ORDER_SR` officially.) */
const ORDER = ['clip', 'depth', 'normal', 'semseg', 'rgb'];

/**
 * Super-resolution, from 224 to 448 pixels with the published model: generates the input modalities at a higher resolution, one
 * after another. (`Demo4MSampler` officially, whose settings are the defaults.)
 *
 * ```ts
 * const { rgb, depth } = await model.generate({ caption: 'a red ball' }, { to: ['depth', 'rgb'] });
 * const large = await recipes.superResolve(sharper, { rgb, depth, caption: 'a red ball' });
 * await large['rgb@448'].save('large.png');
 * ```
 *
 * @param model  a model with modalities at two resolutions, such as `EPFL-VILAB/4M-7-SR_L_CC12M`
 * @param inputs results of another model, or other inputs of `generate`; a name without a size (`rgb`) stands for the lowest
 * @returns      a result for each target, by the model's names
 * @throws       InvalidInputError if no input exists at a higher resolution, and the errors of `generate`
 */
export async function superResolve(
  model: Generator,
  inputs: Inputs,
  { to, ...options }: SuperResolutionOptions = {},
): Promise<Results> {
  const given = Object.entries(inputs).map(([name, input]) => [nameOf(model, name), input] as const);
  const known = given.map(([name]) => name);
  const names = to ?? enlargeable(model, known);
  if (names.length === 0) {
    throw new InvalidInputError(
      `nothing to enlarge: the model has no higher resolution of ${known.join(', ') || 'nothing'}`,
    );
  }
  const [result] = await model.generateMany([Object.fromEntries(given)], { ...options, to: names });
  return result!;
}

/** The model's name of an input: with the lowest size if there are several. */
function nameOf({ modalities }: Generator, name: string): string {
  if (modalities.includes(name)) return name;
  const sizes = modalities.filter((other) => resolutionOf(other).what === name);
  return sizes.sort((a, b) => resolutionOf(a).pixels - resolutionOf(b).pixels)[0] ?? name;
}

/** Modalities that the model has at a higher resolution than the input. */
function enlargeable({ modalities }: Generator, known: readonly string[]): string[] {
  const given = known.map(resolutionOf);
  const rank = (name: string) => ORDER.indexOf(resolutionOf(name).what);
  return modalities
    .filter((name) => {
      const { what, pixels } = resolutionOf(name);
      return given.some((lower) => lower.what === what && lower.pixels < pixels);
    })
    .sort((a, b) => rank(a) - rank(b));
}

/** Name and resolution of a modality: `rgb@224` is `rgb` at 224 pixels. */
function resolutionOf(name: string): { what: string; pixels: number } {
  const [what, pixels] = name.split('@') as [string, string | undefined];
  return { what, pixels: Number(pixels) };
}
