import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import { blocksOf } from '../../../src/cli/tokenize/tokenize.js';
import { readWordPiece } from '../../../src/cli/train/runs.js';
import { readTar } from '../../../src/io/tar.js';
import { decodeNpy } from '../../../src/media/npy.js';
import { toyboxModalities } from '../../../src/toybox/modalities.js';
import { fourm, spawnFourm, until } from '../running.js';
import { contentsOf, tokenize, tokenizedFolders, tokenizeScenes } from './tokenizing.js';

const { folder, model, whole } = await tokenizedFolders();

async function toybox(out: string, ...more: string[]): Promise<void> {
  const { exitCode, err } = await fourm(tokenizeScenes(model, out, ...more));
  expect(exitCode, err).toBe(0);
}

describe('a tokenized toybox', () => {
  test('has a shard of each modality for the same samples in the same order', async () => {
    const { vocabSize } = await readWordPiece(join(model, 'text.json'));
    const modalities = [...Object.keys(toyboxModalities(vocabSize)), 'crop_settings'];
    expect((await readdir(whole)).sort()).toEqual([...modalities, 'dataset.json'].sort());
    for (const modality of modalities) {
      expect((await readdir(join(whole, modality))).sort()).toEqual([
        'shard-00000.tar',
        'shard-00001.tar',
        'shard-00002.tar',
      ]);
      const files = readTar(await readFile(join(whole, modality, 'shard-00001.tar')));
      expect(files.map(({ name }) => name.split('.')[0])).toEqual(['train/0000000002', 'train/0000000003']);
      // One dot: the official loader takes what follows the first as the extension.
      expect(files.every(({ name }) => name.split('.').length === 2)).toBe(true);
    }
    const [tokens] = readTar(await readFile(join(whole, 'tok_depth@64', 'shard-00000.tar')));
    expect(decodeNpy(tokens!.content).shape).toEqual([1, 64]);
    const [crop] = readTar(await readFile(join(whole, 'crop_settings', 'shard-00000.tar')));
    expect(decodeNpy(crop!.content)).toEqual({ shape: [1, 5], data: Int32Array.of(0, 0, 64, 64, 0) });
  });

  test('is the same in three parts, and after parts of it were lost', async () => {
    const parts = join(folder, 'parts');
    for (const i of [2, 0, 1]) await toybox(parts, '--shard', `${i}/3`);
    expect(await contentsOf(parts)).toEqual(await contentsOf(whole));
    await rm(join(parts, 'crop_settings', 'shard-00001.tar'));
    await rm(join(parts, 'tok_rgb@64', 'shard-00001.tar'));
    await writeFile(join(parts, 'tok_rgb@64', '.shard-00001.tar.123456-0.tmp'), 'half');
    await toybox(parts);
    expect(await contentsOf(parts)).toEqual(await contentsOf(whole));
  });

  test.each([1, 4])(
    'is the same after a kill with %i files written',
    async (files) => {
      const killed = join(folder, `killed-${files}`);
      const { child, ended } = spawnFourm(tokenizeScenes(model, killed));
      const tars = async () =>
        Object.keys(await contentsOf(killed).catch(() => ({}))).filter((name) => /tar$/.test(name));
      await until(async () => (await tars()).length >= files);
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
      await toybox(killed);
      expect(await contentsOf(killed)).toEqual(await contentsOf(whole));
    },
    60_000,
  );

  test('does not go on with other settings', async () => {
    const { exitCode, err } = await fourm(tokenize(model, 'toybox', whole, '--count', '3'));
    expect(exitCode).toBe(2);
    expect(err).toContain(`${whole} holds a dataset with other settings`);
  });
});

test('does not go on with other weights of a tokenizer, of a network, or of tokens in texts', async () => {
  const [own, out] = [join(folder, 'own-model'), join(folder, 'own-tokens')];
  await cp(model, own, { recursive: true });
  const args = tokenize(own, 'toybox', out, '--count', '1');
  expect(await fourm(args)).toMatchObject({ exitCode: 0 });
  const before = await contentsOf(out);
  const { checksums } = JSON.parse(await readFile(join(out, 'dataset.json'), 'utf8'));
  expect(Object.keys(checksums)).toEqual(
    expect.arrayContaining(['rgb', 'depth', 'clip', 'human_poses', 'sam_instance']),
  );
  expect(Object.keys(checksums)).not.toContain('caption');
  const files = { depth: 'tok_depth', clip: 'clip', human_poses: 'tok_human_poses' };
  for (const [modality, file] of Object.entries(files)) {
    const path = join(own, `${file}.safetensors`);
    const bytes = await readFile(path);
    const { tensors } = readSafetensors(bytes);
    const [name] = [...tensors].find(([name, { shape }]) => shape.length > 1 && !/decoder|table|pos/.test(name))!;
    await writeFile(path, withChangedTensor(bytes, name));
    const outcome = await fourm(args);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.err).toContain(`${out} was made with other weights of the tokenizer of '${modality}'`);
    await writeFile(path, bytes);
  }
  expect(await fourm(args)).toMatchObject({ exitCode: 0 });
  expect(await contentsOf(out)).toEqual(before);
});

/** A checkpoint with another first byte in one of its tensors. */
function withChangedTensor(file: Buffer, name: string): Uint8Array {
  const length = Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, 8 + length).toString());
  const changed = Uint8Array.from(file);
  changed[8 + length + header[name].data_offsets[0]]! ^= 1;
  return changed;
}

test('parts have every n-th shard', () => {
  const numbers = (index: number, of: number) => blocksOf(10, 3, { index, of }).map(({ number }) => number);
  expect([numbers(0, 1), numbers(0, 3), numbers(2, 3), numbers(5, 8)]).toEqual([[0, 1, 2, 3], [0, 3], [2], []]);
  expect(blocksOf(10, 3, { index: 0, of: 1 }).at(-1)).toEqual({ number: 3, start: 9, end: 10 });
});
