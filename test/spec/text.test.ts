/** The specification's text: its ids, its references and its tables. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as classes from '../../src/tokenizers/text/character-classes.js';
import { charactersOf } from '../../src/tokenizers/text/character-set.js';

const folder = fileURLToPath(new URL('../../spec/', import.meta.url));
const read = (file: string) => readFileSync(`${folder}${file}`, 'utf8');
const pages = readdirSync(folder).filter((file) => file.endsWith('.md'));
const REQUIREMENT = /^- \*\*([A-Z]{2,3}-[1-9][0-9]*)\*\* ((?:.*\n)(?: {2}.*\n)*)/gm;
const requirements = pages.flatMap((page) =>
  Array.from(read(page).matchAll(REQUIREMENT), ([, id, text]) => ({ page, id: id!, text: text! })),
);

test('every id is of its page’s prefix, and used once', () => {
  const prefixes = new Map(
    Array.from(read('README.md').matchAll(/\]\(([a-z-]+\.md)\) \| `([A-Z]+)`/g), ([, page, prefix]) => [
      page!,
      prefix!,
    ]),
  );
  expect(prefixes.size).toBe(16);
  const wrong = requirements.filter(({ page, id }) => prefixes.get(page) !== id.split('-')[0]);
  expect(wrong).toEqual([]);
  for (const page of prefixes.keys()) expect(requirements.filter((r) => r.page === page)).not.toHaveLength(0);
  const ids = requirements.map(({ id }) => id);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
});

test('every requirement demands or allows something', () => {
  expect(requirements.filter(({ text }) => !/\b(MUST|MAY)\b/.test(text)).map(({ id }) => id)).toEqual([]);
});

test('every item that looks like a requirement is one', () => {
  const starts = pages.flatMap((page) => Array.from(read(page).matchAll(/^\s*[-*] \*\*[A-Z]{2,}/gm)));
  expect(starts).toHaveLength(requirements.length);
});

test('references to requirements, quirks, pages and headings exist', () => {
  const ids = new Set(requirements.map(({ id }) => id));
  const quirks = new Set(Array.from(read('quirks.md').matchAll(/^\| ([A-Z]\d+) \|/gm), ([, id]) => id!));
  const prefixes = [...new Set([...ids].map((id) => id.split('-')[0]))].join('|');
  const missing: string[] = [];
  for (const page of pages) {
    const text = read(page);
    for (const [id] of text.matchAll(new RegExp(`\\b(?:${prefixes})-\\d+\\b`, 'g'))) {
      if (!ids.has(id)) missing.push(`${page}: ${id}`);
    }
    for (const [, id] of text.matchAll(/\bquirk ([A-Z]\d+)/g)) if (!quirks.has(id!)) missing.push(`${page}: ${id}`);
    for (const [, target, heading] of text.matchAll(/\]\(([^)#:]*)(?:#([^)]*))?\)/g)) {
      const file = target || page;
      if (target && !existsSync(join(folder, target))) missing.push(`${page}: ${target}`);
      if (heading && !headings(file).includes(heading)) missing.push(`${page}: ${file}#${heading}`);
    }
  }
  expect(missing).toEqual([]);
});

test('the port in numpy names requirements that exist', () => {
  const ids = new Set(requirements.map(({ id }) => id));
  const port = 'adapters/python/port/';
  const files = readdirSync(`${folder}${port}`).filter((file) => file.endsWith('.py'));
  expect(files).not.toHaveLength(0);
  const named = files.flatMap((file) => read(`${port}${file}`).match(/\b[A-Z]{2,3}-\d+\b/g) ?? []);
  expect(new Set(named).size).toBeGreaterThan(100);
  expect(named.filter((id) => !ids.has(id))).toEqual([]);
});

function headings(page: string): string[] {
  return Array.from(read(page).matchAll(/^#+ (.*)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

test('the table of characters is that of the implementation', () => {
  const table = JSON.parse(read('tables/characters.json')) as Record<string, string[]>;
  const { REMOVED, ACCENTS, DECOMPOSING, PUNCTUATION, WORD } = classes;
  const ours = { removed: REMOVED, accents: ACCENTS, decomposing: DECOMPOSING, punctuation: PUNCTUATION, word: WORD };
  const pattern = (runs: string[]) =>
    runs.map((run) => run.replaceAll(/[0-9a-f]+/g, (code) => `\\u{${code}}`)).join('');
  expect(Object.keys(table)).toHaveLength(5);
  for (const [name, runs] of Object.entries(ours)) expect(pattern(table[name]!), name).toBe(charactersOf(runs));
});
