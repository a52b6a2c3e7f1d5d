import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { findVectors } from '../../spec/harness/find-vectors.js';
import { globPattern } from '../../spec/harness/json-pointer.js';

const spec = fileURLToPath(new URL('../../spec', import.meta.url));
const pages = readdirSync(spec).filter((file) => file.endsWith('.md'));
const requirements = pages.flatMap((page) =>
  Array.from(
    readFileSync(`${spec}/${page}`, 'utf8').matchAll(/^- \*\*([A-Z]{2,3}-[1-9][0-9]*)\*\* /gm),
    ([, id]) => id!,
  ),
);
const vectors = await Promise.all(findVectors(`${spec}/vectors`).map((place) => place.open()));

test('every requirement that a vector names exists', () => {
  const named = new Set(vectors.flatMap(({ about }) => about.checks.flatMap((check) => check.requirements)));
  expect([...named].filter((id) => !requirements.includes(id))).toEqual([]);
});

test('every requirement has a vector', () => {
  const named = new Set(vectors.flatMap(({ about }) => about.checks.flatMap((check) => check.requirements)));
  expect(requirements.filter((id) => !named.has(id))).toEqual([]);
});

test.each(vectors.map((vector) => [vector.name, vector] as const))(
  '%s: every result checks a requirement, and every check has results and flags',
  (_, vector) => {
    const checks = vector.about.checks.map((check) => ({
      check,
      patterns: check.results.map((glob) => globPattern(glob)),
    }));
    const names = vector.expected.map(({ name }) => name);
    const unchecked = names.filter((name) => !checks.some(({ patterns }) => patterns.some((p) => p.test(name))));
    expect(unchecked).toEqual([]);
    const idle = checks.filter(({ patterns }) => !names.some((name) => patterns.some((p) => p.test(name))));
    expect(idle.map(({ check }) => check)).toEqual([]);
    const flags = vector.about.checks.flatMap((check) => check.flags);
    expect(flags.filter((flag) => !vector.about.flags[flag])).toEqual([]);
    expect(vector.about.checks.filter((check) => check.flags.length === 0)).toEqual([]);
  },
);

test('our own vectors are those that the generator makes, byte for byte', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fourm-own-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  execFileSync('node', ['--import', 'tsx', `${spec}/tools/own-vectors.ts`, folder]);
  const files = (root: string) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.startsWith('own_') && statSync(join(root, file)).isFile())
      .sort();
  expect(files(folder)).toEqual(files(`${spec}/vectors`));
  for (const file of files(folder)) {
    expect(readFileSync(join(folder, file)).equals(readFileSync(`${spec}/vectors/${file}`)), file).toBe(true);
  }
});
