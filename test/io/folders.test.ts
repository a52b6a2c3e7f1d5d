import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { OutputError } from '../../src/errors.js';
import { ensureFolder, removeEmptyFolders } from '../../src/io/folders.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-folders-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

test('makes all folders of a path, also when several make them at once', async () => {
  const path = join(folder, 'a', 'b', 'c');
  await Promise.all([1, 2, 3].map(() => ensureFolder(path)));
  await ensureFolder(path);
  expect(await readdir(join(folder, 'a', 'b'))).toEqual(['c']);
});

test.each([
  ['a file', (path: string) => writeFile(path, ''), /a file has that name/],
  [
    'a link to nothing',
    (path: string) => symlink(join(folder, 'none'), path),
    /x is a link to .*none, which does not exist/,
  ],
])('below %s there is no folder', async (_, make, message) => {
  const path = join(folder, 'x');
  await make(path);
  await expect(ensureFolder(path)).rejects.toThrow(OutputError);
  await expect(ensureFolder(path)).rejects.toThrow(message);
  await expect(ensureFolder(join(path, 'y', 'z'))).rejects.toThrow(OutputError);
});

test.runIf(existsSync('/proc'))('where the system allows no folder, it fails and does not hang', async () => {
  await expect(ensureFolder('/proc/none/a/b')).rejects.toThrow(
    /cannot make the folder \/proc\/none\/a\/b: the system allows no folder there/,
  );
});

test('the folders that are new are named from the outermost on, and can be removed again where they are empty', async () => {
  const [m, a, b] = ['m', 'm/a', 'm/a/b'].map((name) => join(folder, name)) as [string, string, string];
  expect(await ensureFolder(b)).toEqual([m, a, b]);
  expect(await ensureFolder(b)).toEqual([]);
  await writeFile(join(m, 'x'), '');
  await removeEmptyFolders([m, a, b]);
  expect(await readdir(m)).toEqual(['x']);
});
