import { InvalidInputError } from '../../src/errors.js';
import type { ConformanceCase } from './case.js';

/**
 * The cases whose names match a glob; all of them without one.
 *
 * @throws InvalidInputError if none matches
 */
export function selectCases(cases: readonly ConformanceCase[], glob: string | undefined): readonly ConformanceCase[] {
  if (glob === undefined) return cases;
  const pattern = globPattern(glob);
  const selected = cases.filter(({ name }) => pattern.test(name));
  if (selected.length === 0) throw new InvalidInputError(`no case matches ${glob}; there are ${cases.length}`);
  return selected;
}

/** `*` stands for any text, `?` for one character, `{a,b}` for either. */
function globPattern(glob: string): RegExp {
  const pattern = glob
    .replaceAll(/[.+^$()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll(/\{([^{}]*)\}/g, (_, either: string) => `(?:${either.replaceAll(',', '|')})`)
    .replaceAll(/[{}]/g, '\\$&');
  return new RegExp(`^${pattern}$`);
}
