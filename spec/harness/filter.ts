import { InvalidInputError } from '../../src/errors.js';
import type { VectorFolder } from './find-vectors.js';

/**
 * The vectors whose names match a glob; all of them without one.
 *
 * @throws InvalidInputError if none matches
 */
export function selectVectors(vectors: readonly VectorFolder[], glob: string | undefined): readonly VectorFolder[] {
  if (glob === undefined) return vectors;
  const pattern = globPattern(glob);
  const selected = vectors.filter(({ name }) => pattern.test(name));
  if (selected.length === 0) throw new InvalidInputError(`no vector matches ${glob}; there are ${vectors.length}`);
  return selected;
}

/** `*` matches any text, `?` one character, `{a,b}` either. */
function globPattern(glob: string): RegExp {
  const pattern = glob
    .replaceAll(/[.+^$()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll(/\{([^{}]*)\}/g, (_, either: string) => `(?:${either.replaceAll(',', '|')})`)
    .replaceAll(/[{}]/g, '\\$&');
  return new RegExp(`^${pattern}$`);
}
