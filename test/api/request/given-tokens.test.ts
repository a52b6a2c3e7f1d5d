import { mkdtemp, readFile, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from '../../../src/api/loading/load-model.js';
import type { Model } from '../../../src/api/model.js';
import { tokenizerFile } from '../../../src/cli/train/toybox-package.js';
import { InvalidInputError } from '../../../src/errors.js';
import { loadWordPiece } from '../../../src/tokenizers/text/word-piece.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { writeTinyModel } from '../../cli/tiny-model.js';
import { onOneBackend } from '../../on-backends.js';

const sample = toyboxSample(3);

onOneBackend();
let folder: string;
let model: Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-tokens-'));
  await writeTinyModel(folder);
  model = await loadModel(folder);
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});

describe('results as inputs', () => {
  test('maps and texts give the same as the original input', async () => {
    const [depth] = await model.reconstruct('depth', [sample.depth]);
    const to = { to: ['semseg'], seed: 2 } as const;
    const { semseg } = await model.generate({ depth: sample.depth, caption: 'a red ball' }, to);
    // An untrained model writes what no text tokenizer would, so the text is put in place of its own.
    const { caption: own } = await model.generate({ caption: 'a [S_1]' }, { to: ['caption'], seed: 1 });
    const wordPiece = loadWordPiece(JSON.parse(await readFile(join(folder, 'text.json'), 'utf8')));
    const text = 'a red ball behind a blue box';
    const caption = { ...own, text, tokens: Int32Array.from(wordPiece.encode(text)) };
    expect((await model.generate({ depth: depth!, caption: 'a red ball' }, to)).semseg.tokens).toEqual(semseg.tokens);
    const expected = await model.generate({ caption }, to);
    expect((await model.generate({ caption: caption.text }, to)).semseg.tokens).toEqual(expected.semseg.tokens);
  });

  test('do not need the tokenizer', async () => {
    const [depth] = await model.reconstruct('depth', [sample.depth]);
    const other = await mkdtemp(join(tmpdir(), 'fourm-no-tokenizer-'));
    await writeTinyModel(other);
    await unlink(join(other, tokenizerFile('depth')));
    const without = await loadModel(other);
    const { semseg } = await without.generate({ depth: depth! }, { to: ['semseg'] });
    expect(semseg.tokens).toEqual((await model.generate({ depth: depth! }, { to: ['semseg'] })).semseg.tokens);
    await expect(without.generate({ depth: sample.depth }, { to: ['semseg'] })).rejects.toThrow(InvalidInputError);
    await without.dispose();
    await rm(other, { recursive: true });
  });

  test('pictures are read as tokens, for all samples', async () => {
    const [rgb] = await model.reconstruct('rgb', [sample.rgb]);
    const to = { to: ['depth'], seed: 2 } as const;
    const [first, second] = await model.generateMany([{ rgb: rgb! }, { rgb: sample.rgb }], to);
    expect(second!.depth.tokens).toHaveLength(64);
    expect(first!.depth.tokens).not.toEqual((await model.generate({ rgb: sample.rgb }, to)).depth.tokens);
    expect(first!.depth.tokens).toEqual((await model.generate({ rgb: rgb! }, to)).depth.tokens);
  });

  test('as a condition', async () => {
    const [depth] = await model.reconstruct('depth', [sample.depth]);
    const paint = (map: typeof sample.depth | NonNullable<typeof depth>) =>
      model.generate({}, { to: ['semseg'], conditions: [{ inputs: { depth: map }, weight: 2 }], seed: 1 });
    expect((await paint(depth!)).semseg.tokens).toEqual((await paint(sample.depth)).semseg.tokens);
  });

  test.each([
    ['too few', Int32Array.of(1, 2), "the batch needs 64 token ids of 'tok_depth@64'"],
    [
      'ids that are none',
      new Int32Array(64).fill(512),
      "'tok_depth@64' has token ids from 0 to 511, and 512 was given",
    ],
    ['negative ones', new Int32Array(64).fill(-1), 'and -1 was given'],
  ])('refuses %s', async (_, tokens, message) => {
    const attempt = model.generate({ depth: { tokens } }, { to: ['rgb'] });
    await expect(attempt).rejects.toThrow(InvalidInputError);
    await expect(attempt).rejects.toThrow(message);
  });
});
