import { mkdir, mkdtemp, open, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInputError, OutputError } from '../../src/errors.js';
import { reason } from '../../src/io/file-errors.js';
import { ensureFolder } from '../../src/io/folders.js';
import { readFile } from '../../src/io/read-file.js';
import { checkWritable, writeFileAtomic } from '../../src/io/write-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission denied'],
  ['ENOSPC', 'no space left on the device'],
  ['ENOENT', 'the folder /there does not exist'],
])('%s is told as what it is', (code, message) => {
  expect(reason(Object.assign(new Error('raw'), { code }), '/there')).toBe(message);
});

describe('writing', () => {
  test('a file appears whole, replaces the old one, and leaves nothing else', async () => {
    const inside = await mkdtemp(join(folder, 'w-'));
    const path = join(inside, 'a.bin');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, new Uint8Array([1, 2, 3]));
    expect(await readFile(path)).toEqual(new Uint8Array([1, 2, 3]));
    expect(await readdir(inside)).toEqual(['a.bin']);
  });

  test('writers at the same time each write whole files', async () => {
    const inside = await mkdtemp(join(folder, 'c-'));
    const path = join(inside, 'a.txt');
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(10_000));
    await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
    expect(texts).toContain(new TextDecoder().decode(await readFile(path)));
    expect(await readdir(inside)).toEqual(['a.txt']);
  });

  test('a link stays a link; its file changes', async () => {
    const inside = await mkdtemp(join(folder, 'l-'));
    await writeFile(join(inside, 'real'), 'old');
    await symlink(join(inside, 'real'), join(inside, 'link'));
    await writeFileAtomic(join(inside, 'link'), 'new');
    expect(new TextDecoder().decode(await readFile(join(inside, 'real')))).toBe('new');
  });

  test('a folder that is missing, a file where a folder should be, a folder where the file should be', async () => {
    await writeFile(join(folder, 'plain'), '');
    await mkdir(join(folder, 'sub'), { recursive: true });
    const missing = join(folder, 'none');
    await expect(writeFileAtomic(join(missing, 'a'), '')).rejects.toThrow(
      new OutputError(`cannot write ${join(missing, 'a')}: the folder ${missing} does not exist`),
    );
    await expect(writeFileAtomic(join(folder, 'plain', 'a'), '')).rejects.toThrow(/is not a folder/);
    await expect(writeFileAtomic(join(folder, 'sub'), '')).rejects.toThrow(/it is a folder/);
    await expect(writeFileAtomic('/dev/null', '')).rejects.toThrow(/not a regular file/);
    await expect(writeFileAtomic(join(folder, 'x'.repeat(300)), '')).rejects.toThrow(OutputError);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('reading', () => {
  test('a file that is missing, a folder', async () => {
    const missing = join(folder, 'missing.png');
    await expect(readFile(missing)).rejects.toThrow(new InvalidInputError(`no such file: ${missing}`));
    await expect(readFile(folder)).rejects.toThrow(new InvalidInputError(`cannot read ${folder}: it is a folder`));
  });
});

describe('limits of reading', () => {
  test('a file larger than it can be is refused before it is read, and an endless one as soon as it is', async () => {
    const sparse = join(folder, 'sparse');
    const handle = await open(sparse, 'w');
    await handle.truncate(3e9);
    await handle.close();
    await expect(readFile(sparse)).rejects.toThrow(/^cannot read .*sparse: it is larger than 2 GiB$/);
    await expect(readFile('/dev/zero', { maxBytes: 5e6 })).rejects.toThrow(
      new InvalidInputError('cannot read /dev/zero: it is larger than 5 MB'),
    );
  });

  test('the first bytes decide whether the rest is read', async () => {
    const starts: number[][] = [];
    const refused = readFile('/dev/zero', {
      checkStart: (start) => {
        starts.push([...start]);
        throw new InvalidInputError('zeros');
      },
    });
    await expect(refused).rejects.toThrow('zeros');
    expect(starts).toEqual([new Array(16).fill(0)]);
    await writeFile(join(folder, 'short'), 'abc');
    const shortStarts: number[] = [];
    const bytes = await readFile(join(folder, 'short'), { checkStart: (start) => shortStarts.push(...start) });
    expect(shortStarts).toEqual([...bytes]);
  });

  test('a link to nothing', async () => {
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling'));
    const [from, to] = [join(folder, 'dangling'), join(folder, 'nowhere')];
    await expect(readFile(from)).rejects.toThrow(`cannot read ${from}: it is a link to ${to}, which does not exist`);
    await expect(writeFileAtomic(from, '')).rejects.toThrow(
      `cannot write ${from}: it is a link to ${to}, which does not exist`,
    );
    await expect(ensureFolder(join(from, 'a'))).rejects.toThrow(/is a link to .*nowhere, which does not exist/);
  });
});

test('whether a file can be written is known before', async () => {
  await mkdir(join(folder, 'd'), { recursive: true });
  await checkWritable(join(folder, 'new.md'));
  expect(await readdir(folder)).not.toContain('new.md');
  await expect(checkWritable(join(folder, 'd'))).rejects.toThrow(/it is a folder/);
  if (process.platform === 'linux') await expect(checkWritable('/proc/new.md')).rejects.toThrow(OutputError);
});
