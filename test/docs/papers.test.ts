/** Every file and symbol of the table of papers and code exists. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { declarations } from '../../docs/.vitepress/repository.js';

const rows = readFileSync('docs/learn/papers.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| part of the paper'));
const claims = rows.flatMap((row) =>
  Array.from(row.matchAll(/\[`([^`]+)`\]\(\.\.\/\.\.\/([^)]+)\): ((?:`\w+`(?:, )?)+)/g), ([, shown, path, names]) => ({
    shown: shown!,
    path: path!,
    symbols: Array.from(names!.matchAll(/`(\w+)`/g), ([, name]) => name!),
  })),
);

test('every row that is not a heading names code', () => {
  for (const row of rows) {
    if (!row.startsWith('| **')) expect(row).toMatch(/\[`[^`]+`\]\([^)]+\): `\w+`/);
  }
  expect(claims.length).toBeGreaterThan(60);
});

test.each(claims)('$path declares $symbols', ({ shown, path, symbols }) => {
  expect(shown).toBe(path);
  expect(declarations(path)).toEqual(expect.arrayContaining(symbols));
});
