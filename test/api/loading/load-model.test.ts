import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../backends/index.js';
import { type LoadOptions, loadModel } from '../../../src/api/loading/load-model.js';
import type { Model } from '../../../src/api/model.js';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import { writeSafetensors } from '../../../src/checkpoints/safetensors-writer.js';
import { CheckpointError, DownloadError, InvalidInputError } from '../../../src/errors.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { trainToyboxVocabulary } from '../../../src/toybox/training/vocabulary.js';
import { type HubServer, sendRange, serve } from '../../hub/hub-server.js';
import { CLIP_FILE, CLIP_ID, MODEL_FILE, MODEL_ID, startHubModel } from './published/hub-model.js';
import { tinyModelFile, tinyTokenizerFile } from './published/tiny-checkpoints.js';

const SEMSEG = 'EPFL-VILAB/4M_tokenizers_semseg_4k_224-448';
const semseg = tinyTokenizerFile('vqvae__semseg_coco__ViTB-ViTB_4k_224-448');
const { rgb } = toyboxSample(3);

let hub: HubServer;
let folder: string;
let options: LoadOptions;

beforeAll(() => useBackend('wasm'));
afterAll(releaseBackend);
beforeEach(async () => {
  ({ hub, folder, options } = await startHubModel());
});

/** Tokens of a picture's features, which are quick to compute. */
async function clipTokens(loaded: Model): Promise<readonly number[]> {
  const { clip } = await loaded.generate({ rgb }, { to: ['clip'] });
  expect(clip).toMatchObject({ kind: 'features', values: { width: 14, height: 14, channels: 512 } });
  await loaded.dispose();
  return [...clip.tokens];
}

describe('a published model', () => {
  test('from the Hub: weights of a task are fetched on demand', async () => {
    const loaded = await loadModel(MODEL_ID, options);
    expect(loaded.modalities).toEqual(['rgb', 'depth', 'semseg', 'normal', 'clip', 'caption', 'det']);
    const beginning = fetched(hub);
    const tokens = await clipTokens(loaded);
    expect(tokens).toHaveLength(196);
    expect(fetched(hub)).toBeGreaterThan(beginning);
    const all = MODEL_FILE.length + CLIP_FILE.length;
    expect(fetched(hub)).toBeLessThan(0.7 * all);
  });

  test('has the same results from a file, a folder, their URLs and a server', async () => {
    const expected = await clipTokens(await loadModel(MODEL_ID, options));
    const place = join(folder, 'a model #1');
    const tokenizer = join(place, CLIP_ID.split('/')[1]!);
    await mkdir(tokenizer, { recursive: true });
    const file = join(place, 'model.safetensors');
    await writeFile(file, MODEL_FILE);
    await writeFile(join(tokenizer, 'model.safetensors'), CLIP_FILE);
    const address = await serve((request, response) => {
      if (request.url === '/m/model.safetensors') sendRange(request, response, MODEL_FILE);
      else response.writeHead(404).end();
    });
    const offline = { cache: join(folder, 'none'), offline: true };
    const tokenizers = { [CLIP_ID]: tokenizer };
    expect(await clipTokens(await loadModel(place, offline))).toEqual(expected);
    const cache = join(folder, 'cache 2');
    expect(await clipTokens(await loadModel(`${address}/m`, { cache, tokenizers }))).toEqual(expected);
    const ids = [pathToFileURL(place).href, file, pathToFileURL(file).href, `${address}/m/model.safetensors`];
    for (const id of ids) expect((await loadModel(id, { cache })).modalities).toContain('clip');
  });

  test('works offline for tasks that were done online', async () => {
    const expected = await clipTokens(await loadModel(MODEL_ID, options));
    hub.hub.length = 0;
    const offline = { ...options, offline: true };
    expect(await clipTokens(await loadModel(MODEL_ID, offline))).toEqual(expected);
    const depth = (await loadModel(MODEL_ID, offline)).generate({ rgb }, { to: ['depth'] });
    await expect(depth).rejects.toThrow(DownloadError);
    await expect(depth).rejects.toThrow(/4M_tokenizers_depth_8k_224-448.* is not in the cache/);
    // With any tokenizer in its place, it is the model's own weights that are missing.
    const file = join(folder, 'tokenizer.safetensors');
    await writeFile(file, CLIP_FILE);
    const tokenizers = { 'EPFL-VILAB/4M_tokenizers_depth_8k_224-448': file };
    const other = (await loadModel(MODEL_ID, { ...offline, tokenizers })).generate({ rgb }, { to: ['depth'] });
    await expect(other).rejects.toThrow(/are not in the cache/);
    await expect(loadModel('EPFL-VILAB/4M-7_L_CC12M', offline)).rejects.toThrow(/is not in the cache/);
    expect(hub.hub).toEqual([]);
  });

  test.each(['F32', 'BF16'] as const)('stored as %s', async (dtype) => {
    hub.files.set(`${MODEL_ID}/model.safetensors`, tinyModelFile('4M-7_B', dtype));
    expect(await clipTokens(await loadModel(MODEL_ID, options))).toHaveLength(196);
  });

  test('as written by save_model of safetensors, with shared tensors stored once', async () => {
    const { tensors, metadata, read } = readSafetensors(MODEL_FILE);
    const removed = [...tensors.keys()].filter((name) => {
      return (
        name.startsWith('decoder_embeddings.') &&
        name.endsWith('.mod_emb') &&
        tensors.has(name.replace('decoder', 'encoder'))
      );
    });
    expect(removed.length).toBeGreaterThan(0);
    const rest = [...tensors].filter(([name]) => !removed.includes(name));
    const notes = Object.fromEntries(removed.map((name) => [name, name.replace('decoder', 'encoder')]));
    const stored = rest.map(([name, { shape }]) => ({ name, shape, dtype: 'F32' as const, data: read(name) }));
    hub.files.set(
      `${MODEL_ID}/model.safetensors`,
      Buffer.from(writeSafetensors(stored, { format: 'pt', ...metadata, ...notes })),
    );
    expect(await clipTokens(await loadModel(MODEL_ID, options))).toHaveLength(196);
  });

  test('a text without the official vocabulary is an error that names it', async () => {
    const loaded = await loadModel(MODEL_ID, options);
    const attempt = loaded.generate({ caption: 'a red ball' }, { to: ['clip'] });
    await expect(attempt).rejects.toThrow(InvalidInputError);
    await expect(attempt).rejects.toThrow(
      /text_tokenizer_4m_wordpiece_30k\.json .*apple\/ml-4m.*FOURM_TEXT_VOCABULARY/,
    );
    const text = join(folder, 'vocabulary.json');
    await writeFile(text, JSON.stringify(trainToyboxVocabulary(20)));
    const decoding = { clip: { steps: 1 } };
    const withText = await loadModel(MODEL_ID, { ...options, text });
    const { clip } = await withText.generate({ caption: 'a red ball' }, { to: ['clip'], decoding });
    expect(clip).toMatchObject({ kind: 'features' });
  });

  test('a map is returned as a picture', async () => {
    hub.files.set(`${SEMSEG}/model.safetensors`, semseg);
    const loaded = await loadModel(MODEL_ID, options);
    const { semseg: map } = await loaded.generate({ rgb }, { to: ['semseg'] });
    expect(map.values).toMatchObject({ width: 224, height: 224, channels: 1 });
    expect(map.toImage()).toMatchObject({ width: 224, height: 224, channels: 3 });
  });

  test('a missing tokenizer is an error that names it', async () => {
    const loaded = await loadModel(MODEL_ID, options);
    const attempt = loaded.generate({ rgb }, { to: ['depth'] });
    await expect(attempt).rejects.toThrow(/4M_tokenizers_depth_8k_224-448.*"tokenizers" may say where/);
  });
});

describe('not a model', () => {
  test.each([
    ['a repository that is not there', 'EPFL-VILAB/4M-99_B', DownloadError, /no such repository/],
    ['a tokenizer', CLIP_ID, InvalidInputError, /is a tokenizer, not a model/],
  ] as const)('%s', async (_, id, Type, message) => {
    const attempt = loadModel(id, options);
    await expect(attempt).rejects.toThrow(Type);
    await expect(attempt).rejects.toThrow(message);
  });

  test('a repository with neither fourm.json nor model.safetensors', async () => {
    hub.files.set('someone/something/README.md', Buffer.from('hello'));
    await expect(loadModel('someone/something', options)).rejects.toThrow(
      /something\/model\.safetensors: .*no such file/,
    );
  });

  test('a truncated checkpoint, and a web page in place of one', async () => {
    hub.files.set(`${MODEL_ID}/model.safetensors`, MODEL_FILE.subarray(0, MODEL_FILE.length - 10));
    await expect(loadModel(MODEL_ID, options)).rejects.toThrow(CheckpointError);
    hub.files.set(`${MODEL_ID}/model.safetensors`, Buffer.from('<!doctype html>'.repeat(100)));
    await expect(loadModel(MODEL_ID, options)).rejects.toThrow(/responded with a web page/);
  });

  test('a missing local file is not requested from the Hub', async () => {
    await expect(loadModel('no/such.safetensors', options)).rejects.toThrow(/no such file/);
    expect(hub.hub).toEqual([]);
  });

  test('an invalid endpoint', async () => {
    await expect(loadModel(MODEL_ID, { ...options, endpoint: 'ftp://x' })).rejects.toThrow(
      /is not the address of a Hub/,
    );
  });
});

function fetched({ storage }: HubServer): number {
  const lengths = storage.map(({ range }) => /(\d+)-(\d+)/.exec(range!)!.slice(1).map(Number));
  return lengths.reduce((sum, [start, last]) => sum + last! + 1 - start!, 0);
}
