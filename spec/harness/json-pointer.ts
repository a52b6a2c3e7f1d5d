/** JSON pointers (RFC 6901), and patterns of them in which `*` matches any characters within one step. */

/** A pointer that matches a pattern. */
export interface Match {
  readonly pointer: string;
  readonly value: unknown;
  /** The text that each `*` of the pattern matched, escaped as in the pointer. */
  readonly wild: readonly string[];
}

export function escapeStep(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function stepsOf(pointer: string): string[] {
  return pointer === '' ? [] : pointer.slice(1).split('/');
}

/** The value at a pointer; undefined if there is none. */
export function resolvePointer(document: unknown, pointer: string): unknown {
  let value = document;
  for (const step of stepsOf(pointer)) {
    const key = unescapeStep(step);
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** All pointers of a document that match a pattern, in the document's order. */
export function pointersOf(document: unknown, pattern: string): Match[] {
  let matches: Match[] = [{ pointer: '', value: document, wild: [] }];
  for (const step of stepsOf(pattern)) {
    matches = matches.flatMap(({ pointer, value, wild }) => {
      if (typeof value !== 'object' || value === null) return [];
      return matchingKeys(value, step).map(({ key, matched }) => ({
        pointer: `${pointer}/${escapeStep(key)}`,
        value: (value as Record<string, unknown>)[key],
        wild: [...wild, ...matched.map(escapeStep)],
      }));
    });
  }
  return matches;
}

function matchingKeys(value: object, step: string): { key: string; matched: string[] }[] {
  if (!step.includes('*')) {
    const key = unescapeStep(step);
    return Object.hasOwn(value, key) ? [{ key, matched: [] }] : [];
  }
  const pattern = globPattern(step, unescapeStep);
  return Object.keys(value).flatMap((key) => {
    const match = pattern.exec(key);
    return match ? [{ key, matched: match.slice(1) }] : [];
  });
}

/** A glob, in which `*` matches any characters, as a regular expression with a group for each `*`. */
export function globPattern(glob: string, literal: (part: string) => string = (part) => part): RegExp {
  const parts = glob.split('*').map((part) => literal(part).replaceAll(/[.+^$()|[\]\\{}?/]/g, '\\$&'));
  return new RegExp(`^${parts.join('(.*)')}$`, 's');
}

/** Removes the value at a pointer. Entries of lists become null, so that the indices of the others do not change. */
export function removePointer(document: unknown, pointer: string): void {
  const steps = stepsOf(pointer);
  const last = unescapeStep(steps.at(-1) ?? '');
  const parent = resolvePointer(document, pointer.slice(0, pointer.lastIndexOf('/')));
  if (typeof parent !== 'object' || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = null;
  else delete (parent as Record<string, unknown>)[last];
}
