/** JSON values with something in them replaced, removed, repeated or added. */
import fc from 'fast-check';
import { strangeNames } from './fuzzing.js';

/** Values that are wrong almost anywhere. 1e999 in JSON is infinity. */
const strangers = fc.oneof(
  fc.constantFrom<unknown>(
    -1,
    -0,
    0,
    0.5,
    1e9,
    2 ** 53,
    1e300,
    Number.POSITIVE_INFINITY,
    null,
    true,
    false,
    '',
    'x\ny',
  ),
  fc.constantFrom<unknown>('../x', 'https://example.com/x', '/etc/hosts', '.', [], {}, [[]], [1, 2, 3], {
    kind: 'image',
  }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  strangeNames,
  fc.nat(400).map((depth) => JSON.parse(`${'['.repeat(depth)}1${']'.repeat(depth)}`) as unknown),
);

/** Where in a value, as a share of the way through all of its parts, and what happens there. */
const changes = fc.record({
  place: fc.nat(2 ** 20),
  how: fc.constantFrom('replace', 'remove', 'repeat', 'rename', 'copy'),
  stranger: strangers,
  name: strangeNames,
  other: fc.nat(2 ** 20),
});

type Change = typeof changes extends fc.Arbitrary<infer T> ? T : never;
type Tree = Record<string, unknown>;

/** A part of a value: what holds it, and under which key. */
type Part = readonly [holder: Tree, key: string];

/** A copy of a JSON value with up to three changes. */
export function changedTrees(value: unknown): fc.Arbitrary<unknown> {
  return fc.array(changes, { maxLength: 3 }).map((list) => {
    const root: Tree = { value: structuredClone(value) };
    for (const change of list) apply(root, change);
    return root.value;
  });
}

/** JSON text of such a value; numbers that JSON cannot represent become 1e999. */
export function jsonText(value: unknown): string {
  const marked = JSON.stringify(value, (_, item) => (item === Number.POSITIVE_INFINITY ? '∞' : item)) ?? 'null';
  return marked.replaceAll('"∞"', '1e999');
}

function apply(root: Tree, { place, how, stranger, name, other }: Change): void {
  const parts = partsOf(root);
  const [holder, key] = parts[place % parts.length]!;
  switch (how) {
    case 'replace':
      set(holder, key, stranger);
      break;
    case 'remove':
      if (holder !== root) delete holder[key];
      break;
    case 'repeat':
      if (Array.isArray(holder)) holder.push(holder[Number(key)]);
      break;
    case 'rename':
      set(holder, Array.isArray(holder) ? key : name, holder[key]);
      break;
    case 'copy': {
      const [from, source] = parts[other % parts.length]!;
      set(holder, key, structuredClone(from[source]));
    }
  }
}

function set(holder: Tree, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

function partsOf(root: Tree): Part[] {
  const found: Part[] = [];
  const open: unknown[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const key of Object.keys(value)) {
      found.push([value as Tree, key]);
      open.push((value as Tree)[key] ?? null);
    }
  }
  return found;
}
