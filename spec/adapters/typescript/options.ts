import * as v from 'valibot';
import { InvalidInputError } from '../../../src/errors.js';

/**
 * The options that a case was made with. One that its runner does not know, or could not honour, is an error: passed over, it
 * would make the case a case of something else.
 *
 * @param what names them in the error
 * @throws InvalidInputError naming the first option that is unknown, missing or has a value that is not supported
 */
export function optionsOf<T extends v.GenericSchema>(schema: T, options: unknown, what: string): v.InferOutput<T> {
  const result = v.safeParse(schema, options);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = v.getDotPath(issue);
  throw new InvalidInputError(`${what}${key ? `, "${key}"` : ''}: ${issue.message}`);
}
