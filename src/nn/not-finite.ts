import { NotFiniteError } from '../errors.js';
import type { Parameter } from './parameters.js';

/** How many parameters an error message names. */
const MAX_NAMED = 3;

/**
 * Explains values that are not finite by the weights they were computed with.
 *
 * @param what       the values, in the plural: `the logits of 'caption'`
 * @param parameters of the model; those that are not loaded were not computed with
 * @returns an error that names the weights that contain NaN or an infinity, if there are any
 */
export async function notFiniteError(what: string, parameters: readonly Parameter[]): Promise<NotFiniteError> {
  const names: string[] = [];
  for (const parameter of parameters) {
    if (parameter.loaded && !(await parameter.read()).every(Number.isFinite)) names.push(`"${parameter.names[0]}"`);
  }
  if (names.length === 0) {
    return new NotFiniteError(
      `${what} are not finite, though all weights are: an input or a guidance scale is too large`,
    );
  }
  const rest = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  const named = names.slice(0, MAX_NAMED).join(', ');
  return new NotFiniteError(`${what} are not finite: the checkpoint has NaN or an infinity in ${named}${rest}`);
}
