import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { layOutPackage, ROOT } from '../browser/site.js';
import { GIVEN } from '../docs/programs.js';

const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** A folder with programs, and with the package as it is installed. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-types-'));
  const installed = join(folder, 'node_modules/fourm');
  await layOutPackage(installed);
  const emit = ['--emitDeclarationOnly', '--declarationMap', 'false', '--sourceMap', 'false'];
  await promisify(execFile)(process.execPath, [
    TSC,
    ...['-p', join(ROOT, 'tsconfig.build.json')],
    ...['--outDir', join(installed, 'dist')],
    ...emit,
  ]);
  await cp(join(ROOT, 'test/package/programs'), folder, { recursive: true });
  await cp(join(ROOT, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'), { recursive: true });
  await cp(join(ROOT, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** tfjs brings declarations of WebGPU that contradict those of TypeScript 6 and later; they are nobody's program. */
const WEBGPU_CONFLICT = /@webgpu\/types\/|lib\.dom\.d\.ts/;

/** @returns what the compiler finds wrong, libraries' declarations included */
async function compile(config: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [TSC, '-p', join(folder, config)]).catch((e) => e);
  const lines: string[] = stdout.trim().split('\n');
  return lines.filter((line) => line !== '' && !WEBGPU_CONFLICT.test(line));
}

test.each(['page', 'node'])(
  'a program (%s) compiles, declarations and all',
  async (name) => {
    expect(await compile(`tsconfig.${name}.json`)).toEqual([]);
  },
  120_000,
);

test('the TypeScript of the documents compiles, with the DOM library', async () => {
  const documents = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
  const files = ['given.ts'];
  await writeFile(join(folder, 'given.ts'), GIVEN);
  for (const document of ['README.md', ...documents.map((name) => `docs/${name}`)]) {
    const program = programOf(await readFile(join(ROOT, document), 'utf8'));
    if (program === undefined) continue;
    const file = `${document.replace(/\W/g, '-')}.ts`;
    await writeFile(join(folder, file), program);
    files.push(file);
  }
  expect(files).toContain('README-md.ts');
  const config = JSON.parse(await readFile(join(folder, 'tsconfig.page.json'), 'utf8'));
  config.compilerOptions.noUncheckedIndexedAccess = false;
  await writeFile(join(folder, 'tsconfig.documents.json'), JSON.stringify({ ...config, files }));
  expect(await compile('tsconfig.documents.json')).toEqual([]);
}, 300_000);

/** The blocks of a document as one program, in which later ones see what earlier ones declare. */
function programOf(markdown: string): string | undefined {
  const blocks = Array.from(markdown.matchAll(/^```ts\n(.*?)^```/gms), ([, code]) => code!);
  if (blocks.length === 0) return undefined;
  const imports = new Set<string>();
  const IMPORT = /^import .* from '(?:fourm[\w/]*)';\n/gm;
  const bodies = blocks.map((code) => {
    for (const [line] of code.matchAll(IMPORT)) imports.add(line);
    return code.replace(IMPORT, '');
  });
  return `${[...imports].join('')}${bodies.join('\n{\n')}${'}'.repeat(bodies.length - 1)}\nexport {};\n`;
}
