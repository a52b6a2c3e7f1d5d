/** Every block of TypeScript in the documents and docstrings compiles, against the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import * as fourm from '../../src/index.js';
import { blocksOf, GIVEN } from './programs.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Docstrings import nothing: the exports that they name, from the modules they are in. */
function importsOf(code: string): string {
  const named = (module: string, names: readonly string[]) => {
    const used = names.filter((name) => new RegExp(`(?<![.\\w])${name}\\b`).test(code));
    return used.length > 0 ? `import { ${used.join(', ')} } from '${module}';\n` : '';
  };
  return named('fourm', Object.keys(fourm)) + named('fourm/client', ['loadModelInWorker']);
}

function examples(): Map<string, string> {
  const programs = new Map<string, string>();
  const documents = readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !path.startsWith('reference/'))
    .map((path) => posix.join('docs', path));
  for (const document of ['README.md', ...documents]) {
    const blocks = blocksOf(document);
    if (blocks.length === 0) continue;
    // Later blocks see what earlier ones declare; imports may stand at the top alone.
    const imports = blocks.flatMap((code) => code.match(/^import .*;$/gm) ?? []);
    const bodies = blocks.map((code) => code.replace(/^import .*;$/gm, ''));
    programs.set(
      document,
      `${mergedImports(imports)}\n${bodies.join('\n{\n')}${'}'.repeat(blocks.length - 1)}\nexport {};`,
    );
  }
  for (const path of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const source = readFileSync(posix.join('src', path), 'utf8');
    const blocks = Array.from(source.matchAll(/^\s*\* ```ts\n([\s\S]*?)^\s*\* ```/gm), ([, code]) =>
      code!.replace(/^\s*\* ?/gm, ''),
    );
    blocks.forEach((code, i) => {
      programs.set(
        `src/${path}#${i + 1}`,
        `${importsOf(code)}{
${code}}
export {};`,
      );
    });
  }
  return programs;
}

/** One import of each module, with each name once. */
function mergedImports(imports: readonly string[]): string {
  const names = new Map<string, Set<string>>();
  const others: string[] = [];
  for (const line of imports) {
    const match = /^import \{ (.*) \} from '(.*)';$/.exec(line);
    if (!match) others.push(line);
    else for (const name of match[1]!.split(', ')) names.set(match[2]!, (names.get(match[2]!) ?? new Set()).add(name));
  }
  const merged = [...names].map(([module, of]) => `import { ${[...of].join(', ')} } from '${module}';`);
  return [...new Set(others), ...merged].join('\n');
}

test('every example compiles', () => {
  const programs = examples();
  const files = new Map([...programs].map(([name, code]) => [posix.join(ROOT, `${name}.example.ts`), code]));
  files.set(posix.join(ROOT, 'given.example.ts'), GIVEN);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    paths: {
      fourm: ['./src/index.ts'],
      'fourm/client': ['./src/client.ts'],
      'fourm/node': ['./src/node.ts'],
      'fourm/worker': ['./src/worker/script.ts'],
      'fourm/*': ['./src/*/index.ts', './src/*.ts'],
    },
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists.call(host, path);
  host.readFile = (path) => files.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, ...rest) => {
    const code = files.get(path);
    return code === undefined
      ? getSourceFile.call(host, path, ...rest)
      : ts.createSourceFile(path, code, rest[0], true);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  // The sources are checked elsewhere.
  const found = [...files.keys()].flatMap((path) => {
    const file = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ start = 0, messageText }) => {
        const line = file.text.slice(0, start).split('\n').length;
        return `${path.slice(ROOT.length)}:${file.text.split('\n')[line - 1]!.trim()}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      },
    );
  });
  expect(found).toEqual([]);
  expect(programs.size).toBeGreaterThan(8);
}, 300_000);
