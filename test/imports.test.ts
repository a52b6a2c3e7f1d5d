import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Folders whose imports the table restricts, or that it names as unrestricted. */
const CHECKED = ['src', 'backends', 'spec', 'playground', 'bench', 'examples/one-file'];
const files = new Set(
  (await Promise.all(CHECKED.map((folder) => readdir(join(root, folder), { recursive: true }))))
    .flatMap((names, i) => names.map((name) => `${CHECKED[i]}/${name.replaceAll('\\', '/')}`))
    .filter((name) => /\.(ts|mts|mjs)$/.test(name) && !/^spec\/vectors|^backends\/generated|\.d\.mts$/.test(name)),
);

/** By file, what it imports: files of ours by path, packages by name. Types count; Biome's format makes the pattern reliable. */
const imports = new Map(
  await Promise.all(Array.from(files, async (file) => [file, importsIn(file, await text(file))] as const)),
);

function text(file: string): Promise<string> {
  return readFile(join(root, file), 'utf8');
}

function importsIn(file: string, text: string): string[] {
  const names = Array.from(
    text.matchAll(/^(?:import|export|\} from) ?[^'\n]*'([^']+)';|\bimport\('([^']+)'\)/gm),
    (m) => m[1] ?? m[2]!,
  );
  return [...new Set(names.map((name) => resolved(file, name)))];
}

function resolved(file: string, name: string): string {
  if (!name.startsWith('.')) return name;
  const path = join(dirname(file), name);
  return [path, path.replace(/\.js$/, '.ts'), path.replace(/\.mjs$/, '.mts')].find((path) => files.has(path)) ?? path;
}

/** The table of docs/architecture.md: folder or file → what it may import, as rooms of ours and packages of tfjs. */
const rows = Array.from(
  readFileSync(join(root, 'docs/architecture.md'), 'utf8').matchAll(
    new RegExp(`^\\| \`((?:${CHECKED.join('|')})/[^\`]*)\` \\| .* \\| (.*) \\|$`, 'gm'),
  ),
  ([, room, cell]) => ({
    folder: room!.replace(/\/$/, ''),
    allowed: rooms(cell!),
    except: rooms(cell!.split('anything but')[1] ?? ''),
    anything: /^anything/.test(cell!),
  }),
);

function rooms(cell: string): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name!.replace(/\/$/, ''));
}

/** The longest row that a file is in. */
function folderOf(file: string): string | undefined {
  const own = rows.filter(({ folder }) => file === folder || file.startsWith(`${folder}/`));
  return own.sort((a, b) => b.folder.length - a.folder.length)[0]?.folder;
}

test('every file is in a row of the table, and every row has files', () => {
  expect([...files].filter((file) => folderOf(file) === undefined && !/^src\/[\w-]+\.ts$/.test(file))).toEqual([]);
  expect(rows.filter(({ folder }) => ![...files].some((file) => folderOf(file) === folder))).toEqual([]);
});

test('nothing is imported that the table does not allow', () => {
  const wrong: string[] = [];
  for (const [file, imported] of imports) {
    const folder = folderOf(file);
    const row = rows.find((row) => row.folder === folder);
    for (const name of imported) {
      if (!isAllowed(file, row, name)) wrong.push(`${file} imports ${name}`);
    }
  }
  expect(wrong).toEqual([]);
});

function isAllowed(file: string, row: (typeof rows)[number] | undefined, name: string): boolean {
  const isOurs = files.has(name) || CHECKED.some((folder) => name.startsWith(`${folder}/`));
  if (!isOurs && !name.startsWith('@tensorflow/')) return true;
  if (/^@tensorflow\/tfjs-(?!core)/.test(name)) return file.startsWith('backends/');
  // A file beside the folders of src/ that has no row of its own serves all.
  if (isOurs && folderOf(name) === undefined) return true;
  if (!row) return false;
  if (isOurs && folderOf(name) === row.folder) return true;
  if (file === `${row.folder}/index.ts` && name.startsWith(`${row.folder}/`)) return true;
  const target = name.replace(/^src\//, '').replace('@tensorflow/', '');
  const lists = (names: readonly string[]) =>
    names.some((folder) => target === folder || target.startsWith(`${folder}/`));
  return row.anything ? !lists(row.except) : lists(row.allowed);
}

test('there are no import circles', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file)) return;
    done.add(file);
    for (const next of imports.get(file) ?? []) if (files.has(next)) visit(next, [...path, file]);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test('what programs of bench take from the tests runs without vitest', async () => {
  const [done, wrong] = [new Set<string>(), [] as string[]];
  const visit = async (file: string, path: readonly string[]) => {
    if (done.has(file)) return;
    done.add(file);
    for (const name of importsIn(file, await text(file))) {
      if (name === 'vitest') wrong.push([...path, file].join(' → '));
      if (name.startsWith('test/')) await visit(name.replace(/\.js$/, '.ts'), [...path, file]);
    }
  };
  for (const file of files) if (file.startsWith('bench/')) await visit(file, []);
  expect([...done].filter((file) => file.startsWith('test/')).length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});
