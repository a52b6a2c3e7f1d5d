import * as v from 'valibot';
import { InvalidInputError } from '../../../src/errors.js';

/**
 * The options of a case. An option that the runner does not support is an error: to ignore it would change the computation that
 * the case checks.
 *
 * @param what name of the options in the error
 * @throws InvalidInputError naming the first option that is unknown, missing or has a value that is not supported
 */
export function optionsOf<T extends v.GenericSchema>(schema: T, options: unknown, what: string): v.InferOutput<T> {
  const result = v.safeParse(schema, options);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = v.getDotPath(issue);
  throw new InvalidInputError(`${what}${key ? `, "${key}"` : ''}: ${issue.message}`);
}
