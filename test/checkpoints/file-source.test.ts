import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileSource } from '../../src/checkpoints/file-source.js';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors-writer.js';
import { InvalidInputError } from '../../src/errors.js';
import { writeFileAtomic } from '../../src/io/write-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-source-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a checkpoint on disk is opened by range', async () => {
  const path = join(folder, 'model.safetensors');
  const data = Float32Array.from({ length: 100 }, (_, i) => i);
  await writeFileAtomic(path, writeSafetensors([{ name: 'w', dtype: 'F32', shape: [100], data }], { dim: '4' }));
  const source = await fileSource(path);
  try {
    const opened = await openSafetensors(source);
    expect(opened.metadata).toEqual({ dim: '4' });
    expect(await opened.read('w')).toEqual(data);
  } finally {
    await source.close();
  }
});

test('a file that is missing, a folder', async () => {
  const missing = join(folder, 'missing');
  await expect(fileSource(missing)).rejects.toThrow(new InvalidInputError(`no such file: ${missing}`));
  await expect(fileSource(folder)).rejects.toThrow(InvalidInputError);
});
