/** Every name of the glossary's column of code is declared in the source. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Column of the table that names our code. */
const OURS = 3;

const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(`src/${path}`, 'utf8'));

const rows = readFileSync('docs/glossary.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\|(?:-|\s*term\s)/.test(line))
  .map((line) => line.split('|').slice(1, -1));

const names = [
  ...new Set(rows.flatMap((cells) => Array.from(cells[OURS]!.matchAll(/`([^`]+)`/g), ([, name]) => name!))),
];

/** The source files that declare a name at the top level. */
function declaring(name: string): string[] {
  return source.filter((text) =>
    new RegExp(
      `^(?:export )?(?:declare )?(?:abstract )?(?:async )?(?:const|function\\*?|class|interface|type) ${name}\\b`,
      'm',
    ).test(text),
  );
}

test('every row has five columns', () => {
  for (const cells of rows) expect(cells, cells.join('|')).toHaveLength(5);
  expect(names.length).toBeGreaterThan(90);
});

test.each(names)('%s exists', (name) => {
  const [container, member] = name.split('.') as [string, string | undefined];
  const files = declaring(container);
  expect(files).not.toEqual([]);
  if (member === undefined) return;
  expect(files.some((text) => new RegExp(`^\\s+(?:readonly )?${member}\\??[:(]`, 'm').test(text))).toBe(true);
});
