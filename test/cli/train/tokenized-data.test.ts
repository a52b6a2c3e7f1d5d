import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import { readWordPiece } from '../../../src/cli/train/runs.js';
import { readTokenizedData } from '../../../src/cli/train/tokenized-data.js';
import { readToyboxTokens } from '../../../src/toybox/training/token-files.js';
import { fourm } from '../running.js';
import { contentsOf, SCENES, tokenizedFolders, tokenizeScenes } from '../tokenize/tokenizing.js';

/** A training of one step. */
const TRAINING = [
  ['train', 'model', '--backend', 'wasm'],
  ['--width', '8', '--heads', '2', '--encoder-depth', '1', '--decoder-depth', '1'],
  ['--steps', '1', '--batch', '1', '--input-tokens', '64', '--target-tokens', '128'],
].flat();

const { folder, model, whole } = await tokenizedFolders();

describe('a tokenized dataset', () => {
  test('is read as the training data of `fourm train data`, in both layouts', async () => {
    const [file, text, folders] = [join(folder, 'data'), join(model, 'text.json'), join(folder, 'folders')];
    const made = ['train', 'data', '--out', file, '--tokenizers', model, '--text', text, '--count', `${SCENES}`];
    expect(await fourm([...made, '--backend', 'wasm'])).toMatchObject({ exitCode: 0 });
    const { embeddings, ...expected } = readToyboxTokens(readSafetensors(await readFile(file)));
    const vocabulary = await readWordPiece(text);
    expect(await fourm(tokenizeScenes(model, folders, '--layout', 'folders'))).toMatchObject({ exitCode: 0 });
    for (const data of [whole, folders]) {
      const { embeddings: own, ...tokens } = await readTokenizedData(data, vocabulary);
      expect(tokens).toEqual(expected);
      embeddings.t5_caption!.forEach((row, i) => {
        expect(own.t5_caption![i]!.length).toBe(row.length);
        // The other file has 16-bit floats.
        row.forEach((value, j) => {
          expect(Math.abs(own.t5_caption![i]![j]! - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -10 + 1e-6);
        });
      });
    }
  });

  test('trains a model', async () => {
    const run = ['--run', join(folder, 'run'), '--text', join(model, 'text.json')];
    const outcome = await fourm([...TRAINING, '--data', whole, ...run]);
    expect(outcome, outcome.err).toMatchObject({ exitCode: 0 });
    expect(outcome.err).toContain(`${SCENES} scenes`);
  });

  test('trains a model of some of its modalities, or of those that a folder has', async () => {
    const train = (data: string, run: string, ...more: string[]) => {
      const paths = ['--data', data, '--run', join(folder, run), '--text', join(model, 'text.json')];
      return fourm([...TRAINING, ...paths, ...more]);
    };
    const embeddings = async (run: string) => {
      const { tensors } = readSafetensors(await readFile(join(folder, run, 'checkpoint.safetensors')));
      const names = [...tensors.keys()].map((name) => /^encoder_embeddings\.(.*)\.mod_emb$/.exec(name)?.[1]);
      return names.filter((name) => name !== undefined).sort();
    };
    expect(await train(whole, 'some', '--modalities', 'depth,caption')).toMatchObject({ exitCode: 0 });
    expect(await embeddings('some')).toEqual(['caption', 'rgb@64', 'tok_depth@64']);

    const few = join(folder, 'few');
    for (const name of ['rgb@64', 'tok_rgb@64', 'tok_depth@64', 'crop_settings'])
      await cp(join(whole, name), join(few, name), { recursive: true });
    expect(await train(few, 'few-run')).toMatchObject({ exitCode: 0 });
    expect(await embeddings('few-run')).toEqual(['rgb@64', 'tok_depth@64', 'tok_rgb@64']);
    const lacking = await train(few, 'lacking', '--modalities', 'depth,caption');
    expect(lacking.exitCode).toBe(2);
    expect(lacking.err).toContain(`${few} has no folder caption, a modality that the model is trained on`);
    expect((await train(few, 'lacking', '--modalities', 'depht')).err).toMatch(/depht.*depth/);
  });
});

describe('a damaged dataset is not trained on', () => {
  const changed = async (name: string, file: string, change: (bytes: Buffer) => Uint8Array | undefined) => {
    const copy = join(folder, name);
    await mkdir(copy);
    for (const [path, content] of Object.entries(await contentsOf(whole))) {
      const bytes = Buffer.from(content, 'base64');
      const written = path === `/${file}` ? change(bytes) : bytes;
      if (written === undefined) continue;
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await writeFile(join(copy, path), written);
    }
    const read = readTokenizedData(copy, await readWordPiece(join(model, 'text.json')));
    return { copy, error: (await read.catch((error: unknown) => error)) as Error };
  };

  test('with a truncated tar', async () => {
    const file = 'tok_depth@64/shard-00001.tar';
    const { copy, error } = await changed('cut', file, (bytes) => bytes.subarray(0, 600));
    expect(error.message).toBe(`${join(copy, file)}: truncated tar: it ends inside train/0000000002.npy`);
  });
  test('with a compressed tar', async () => {
    const file = 'tok_depth@64/shard-00001.tar';
    const { copy, error } = await changed('gz', file, (bytes) => gzipSync(bytes));
    expect(error.message).toBe(`${join(copy, file)}: compressed by gzip; expected a plain tar`);
  });
  test('with a missing shard', async () => {
    const file = 'caption/shard-00001.tar';
    const { copy, error } = await changed('gone', file, () => undefined);
    expect(error.message).toContain(join(copy, file));
  });
  test('with a sample less, which is named', async () => {
    const file = 'tok_normal@64/shard-00000.tar';
    const { copy, error } = await changed('fewer', file, (bytes) => bytes.subarray(1024));
    expect(error.message).toContain(`${join(copy, file)}, train/0000000001.npy does not align`);
  });
  test('with a broken picture', async () => {
    const file = 'rgb@64/shard-00002.tar';
    const { copy, error } = await changed('broken', file, (bytes) => bytes.fill(0, 600, 700));
    expect(error.message).toContain(`${join(copy, file)}, train/0000000004.png: `);
  });
});
