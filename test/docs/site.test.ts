/** Documents, files and declarations that the site quotes exist in the repository. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addressOf, excerpt, sourceFiles } from '../../docs/.vitepress/repository.js';

const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md') && !path.startsWith('reference/') && path !== 'typedoc.md')
  .map((path) => posix.join('docs', path));

describe.each(pages)('%s', (page) => {
  const text = readFileSync(page, 'utf8');
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');

  test('links to files that exist', () => {
    for (const [, link] of prose.matchAll(/(?<!!)\[[^\]]*\]\(([^)\s]+)\)/g)) addressOf(page, link!);
  });

  test('quotes declarations that exist', () => {
    for (const [, path, symbol] of prose.matchAll(/^@code\(([^#)\s]+)#([\w.]+)\)\s*$/gm)) {
      expect(excerpt(path!, symbol!).code).toContain(symbol!.split('.').at(-1));
    }
  });

  test('has no marks of a conflict', () => {
    expect(text).not.toMatch(/^(<{7}|>{7}) /m);
  });
});

describe('an excerpt', () => {
  test('is the declaration with its comment, and the number of its first line', () => {
    const { code, line } = excerpt('src/training/learning-rate.ts', 'learningRate');
    expect(code).toMatch(
      /^\/\*\*\n \* The learning rate of one step\.[\s\S]*^export function learningRate[\s\S]*^\}$/m,
    );
    expect(readFileSync('src/training/learning-rate.ts', 'utf8').split('\n')[line - 1]).toBe('/**');
  });

  test('may be a method, without its indentation', () => {
    expect(excerpt('src/training/adamw.ts', 'AdamW.apply').code).toMatch(/^apply\([\s\S]*^\}$/m);
  });

  test('leaves out the comment of the file', () => {
    expect(excerpt('src/masking/masking.ts', 'MixtureComponent').code).toMatch(/^\/\*\* One component/);
  });

  test.each([
    ['src/training/nothing.ts', 'learningRate', 'src/training/nothing.ts'],
    ['src/training/learning-rate.ts', 'nothing', "'nothing'"],
    ['src/training/adamw.ts', 'AdamW.nothing', "'AdamW.nothing'"],
  ])('of %s#%s is an error that names what is missing', (path, symbol, named) => {
    expect(() => excerpt(path, symbol)).toThrow(named);
  });
});

describe('a link', () => {
  test.each([
    ['docs/node.md', 'browser.md', '/browser'],
    ['docs/node.md', 'browser.md#threads', '/browser#threads'],
    ['docs/tour/encoder.md', '../glossary.md', '/glossary'],
    ['docs/node.md', '../spec/README.md', '/spec/'],
    ['spec/README.md', '../docs/test-your-port.md', '/test-your-port'],
    ['docs/node.md', '../src/nn/attention.ts', '/source/src/nn/attention.ts.html'],
    ['docs/node.md', '../src/nn', '/source/src/nn/index.html'],
    ['docs/node.md', '../src/nn/', '/source/src/nn/index.html'],
    ['docs/node.md', 'https://example.org', undefined],
    ['docs/node.md', '#memory', undefined],
  ])('of %s to %s leads to %s', (from, link, address) => {
    expect(addressOf(from, link)).toBe(address);
  });

  test.each(['nothing.md', '../src/nothing.ts', '../package.json'])('to %s is an error', (link) => {
    expect(() => addressOf('docs/node.md', link)).toThrow(link.replace('../', ''));
  });
});

test('the source files of the site are those of the repository', () => {
  const files = sourceFiles();
  expect(files).toContain('src/index.ts');
  expect(files).toContain('examples/one-file/fourm.ts');
  expect(files.filter((path) => path.startsWith('backends/generated/'))).toEqual([]);
});
