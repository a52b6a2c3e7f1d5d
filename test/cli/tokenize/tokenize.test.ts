import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import { blocksOf } from '../../../src/cli/tokenize/tokenize.js';
import { readWordPiece } from '../../../src/cli/train/runs.js';
import { readTokenizedData } from '../../../src/cli/train/tokenized-data.js';
import { readTar } from '../../../src/io/tar.js';
import { encodePng } from '../../../src/media/encode.js';
import { decodeNpy, encodeNpy } from '../../../src/media/npy.js';
import { toyboxModalities } from '../../../src/toybox/modalities.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { readToyboxTokens } from '../../../src/toybox/training/token-files.js';
import { fourm, spawnFourm, until } from '../running.js';
import { writeTinyModel } from '../tiny-model.js';

const SCENES = 5;

let folder: string;
let model: string;
let whole: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-tokenize-'));
  model = join(folder, 'model');
  whole = join(folder, 'whole');
  await useBackend('wasm');
  await writeTinyModel(model);
  await toybox(whole);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

function command(dataset: string, out: string, ...more: string[]): string[] {
  return ['tokenize', dataset, '--out', out, '--model', model, '--backend', 'wasm', ...more];
}

const TOYBOX = ['--count', `${SCENES}`, '--shard-size', '2'];

async function toybox(out: string, ...more: string[]): Promise<void> {
  const { exitCode, err } = await fourm(command('toybox', out, ...TOYBOX, ...more));
  expect(exitCode, err).toBe(0);
}

/** All files of a folder with their contents. */
async function contentsOf(root: string): Promise<Record<string, string>> {
  const files = (await readdir(root, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [path.slice(root.length), (await readFile(path)).toString('base64')] as const),
    ),
  );
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

  test('is read as the training data of `fourm train data`, in both layouts', async () => {
    const [file, text, folders] = [join(folder, 'data'), join(model, 'text.json'), join(folder, 'folders')];
    const made = ['train', 'data', '--out', file, '--tokenizers', model, '--text', text, '--count', `${SCENES}`];
    expect(await fourm([...made, '--backend', 'wasm'])).toMatchObject({ exitCode: 0 });
    const { embeddings, ...expected } = readToyboxTokens(readSafetensors(await readFile(file)));
    const vocabulary = await readWordPiece(text);
    await toybox(folders, '--layout', 'folders');
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
  }, 60_000);

  test('trains a model', async () => {
    const size = ['--width', '8', '--heads', '2', '--encoder-depth', '1', '--decoder-depth', '1'];
    const short = [
      '--steps',
      '1',
      '--batch',
      '1',
      '--input-tokens',
      '64',
      '--target-tokens',
      '128',
      '--backend',
      'wasm',
    ];
    const run = ['--run', join(folder, 'run'), '--text', join(model, 'text.json')];
    const outcome = await fourm(['train', 'model', '--data', whole, ...run, ...size, ...short]);
    expect(outcome, outcome.err).toMatchObject({ exitCode: 0 });
    expect(outcome.err).toContain(`${SCENES} scenes`);
  });

  test('trains a model of some of its modalities, or of those that a folder has', async () => {
    const size = ['--width', '8', '--heads', '2', '--encoder-depth', '1', '--decoder-depth', '1'];
    const short = [
      '--steps',
      '1',
      '--batch',
      '1',
      '--input-tokens',
      '64',
      '--target-tokens',
      '64',
      '--backend',
      'wasm',
    ];
    const train = (data: string, run: string, ...more: string[]) => {
      const paths = ['--data', data, '--run', join(folder, run), '--text', join(model, 'text.json')];
      return fourm(['train', 'model', ...paths, ...size, ...short, ...more]);
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
  }, 60_000);

  test('is the same in three parts, and after parts of it were lost', async () => {
    const parts = join(folder, 'parts');
    for (const i of [2, 0, 1]) await toybox(parts, '--shard', `${i}/3`);
    expect(await contentsOf(parts)).toEqual(await contentsOf(whole));
    await rm(join(parts, 'crop_settings', 'shard-00001.tar'));
    await rm(join(parts, 'tok_rgb@64', 'shard-00001.tar'));
    await writeFile(join(parts, 'tok_rgb@64', '.shard-00001.tar.123456-0.tmp'), 'half');
    await toybox(parts);
    expect(await contentsOf(parts)).toEqual(await contentsOf(whole));
  }, 60_000);

  test.each([1, 4])(
    'is the same after a kill with %i files written',
    async (files) => {
      const killed = join(folder, `killed-${files}`);
      const { child, ended } = spawnFourm(command('toybox', killed, ...TOYBOX));
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
    const { exitCode, err } = await fourm(command('toybox', whole, '--count', '3'));
    expect(exitCode).toBe(2);
    expect(err).toContain(`${whole} holds a dataset with other settings`);
  });
});

test('does not go on with other weights of a tokenizer, of a network, or of tokens in texts', async () => {
  const [own, out] = [join(folder, 'own-model'), join(folder, 'own-tokens')];
  await cp(model, own, { recursive: true });
  const args = ['tokenize', 'toybox', '--out', out, '--model', own, '--backend', 'wasm', '--count', '1'];
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
}, 60_000);

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

describe('pictures of a user', () => {
  const scene = toyboxSample(toyboxSeed('test', 0));
  const put = async (root: string, file: string, content: Uint8Array | string) => {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), content);
  };
  const png = encodePng(scene.rgb);
  const depth = encodeNpy({ shape: [64, 64], data: scene.depth.data });
  const pictures = async (root: string) => {
    for (const name of ['park/a', 'park/b', 'street/c.d']) {
      await put(root, `rgb/${name}.png`, png);
      await put(root, `caption/${name}.txt`, scene.caption);
      await put(root, `depth/${name}.npy`, depth);
    }
  };

  test('are tokenized with the modalities that they have', async () => {
    const [root, out] = [join(folder, 'photos'), join(folder, 'photos-out')];
    await pictures(root);
    const outcome = await fourm(command(root, out, '--layout', 'folders'));
    expect(outcome, outcome.err).toMatchObject({ exitCode: 0 });
    expect((await readdir(join(out, 'tok_depth@64'))).sort()).toEqual(['park', 'street']);
    expect(await readdir(join(out, 'caption', 'street'))).toEqual(['c-d.txt']);
    expect(await readFile(join(out, 'caption', 'park', 'a.txt'), 'utf8')).toBe(scene.caption);
    expect(await readdir(out)).not.toContain('det');
  });

  test.each([
    ['a broken picture', 'rgb/park/b.png', png.subarray(0, 300)],
    ['a missing modality', 'depth/park/b.npy', undefined],
    [
      'a map of other proportions',
      'depth/park/b.npy',
      encodeNpy({ shape: [32, 64], data: new Float32Array(2048).fill(1) }),
    ],
  ])('with %s are refused by name, or skipped and counted', async (what, file, content) => {
    const root = join(folder, what);
    await pictures(root);
    if (content) await put(root, file, content);
    else await rm(join(root, file));
    const out = `${root} out`;
    const named = content ? join(root, file) : join(root, 'rgb/park/b.png');
    const stopped = await fourm(command(root, out));
    expect(stopped.exitCode).not.toBe(0);
    expect(stopped.err).toContain(named);
    expect(Object.keys(await contentsOf(out))).toEqual(['/dataset.json']);
    await rm(out, { recursive: true });
    const skipped = await fourm(command(root, out, '--skip-bad'));
    expect(skipped).toMatchObject({ exitCode: 0 });
    expect(skipped.err).toContain(`skipped: ${named}`);
    expect(skipped.err).toContain('1 of 3 samples skipped');
    const keys = readTar(await readFile(join(out, 'caption', 'shard-00000.tar'))).map(({ name }) => name);
    expect(keys).toEqual(['park/a.txt', 'street/c-d.txt']);
  });
});
