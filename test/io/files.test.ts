import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInputError, OutputError } from '../../src/errors.js';
import { readFile } from '../../src/io/read-file.js';
import { writeFileAtomic } from '../../src/io/write-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

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
