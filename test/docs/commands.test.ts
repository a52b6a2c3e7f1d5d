/** The commands in documents have programs, scripts and options that exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';

const documents = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md') && !path.startsWith('reference/'))
  .map((path) => posix.join('docs', path))
  .concat('README.md', 'CONTRIBUTING.md', 'models/toybox/README.md');

/** The commands of a document's shell blocks, without comments, continued lines joined. */
function commandsOf(document: string): string[] {
  const blocks = readFileSync(document, 'utf8').matchAll(/^```sh\n(.*?)^```/gms);
  return [...blocks]
    .flatMap(([, block]) => block!.replaceAll('\\\n', ' ').split('\n'))
    .flatMap((line) => line.replace(/\s#.*$/, '').split(/&&|;|\|(?=\s)/))
    .map((command) => command.trim())
    .filter((command) => command !== '');
}

const all = documents.flatMap((document) => commandsOf(document).map((command) => [document, command] as const));
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

test.each(all.filter(([, command]) => command.startsWith('npm ')))('%s: %s is a script', (_, command) => {
  const [, , name] = /^npm (run (?:-s )?)?([\w:]+)/.exec(command)!;
  expect([...Object.keys(scripts), 'ci']).toContain(name);
});

/** The program of the conformance kit's archive, which `spec/tools/release.ts` makes. */
const ARCHIVED = 'conformance.mjs';

test.each(all.filter(([, command]) => command.startsWith('node ')))('%s: %s is a file', (_, command) => {
  const [, program] = /^node (?:--import tsx )?(\S+)/.exec(command)!;
  if (program === ARCHIVED) expect(readFileSync('spec/tools/release.ts', 'utf8')).toContain(`'${ARCHIVED}'`);
  else expect(existsSync(program!)).toBe(true);
});

const OURS = /^(?:npm run -s fourm --|fourm) /;

test.each(all.filter(([, command]) => OURS.test(command)))('%s: %s has options that exist', async (_, command) => {
  const streams = { write() {} };
  const program = buildProgram({ out: streams, err: streams, signal: new AbortController().signal });
  let ran = 0;
  const silence = (each: Command) => {
    each.action(() => void ran++);
    each.commands.forEach(silence);
  };
  program.commands.forEach(silence);
  const args = command.replace(OURS, '').match(/"[^"]*"|\S+/g)!;
  await program.parseAsync(
    args.map((word) => word.replaceAll('"', '')),
    { from: 'user' },
  );
  expect(ran).toBe(1);
});

test('there are such commands', () => {
  expect(all.filter(([, command]) => OURS.test(command)).length).toBeGreaterThan(15);
});
