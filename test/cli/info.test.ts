import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { formatConfig } from '../../src/checkpoints/metadata.js';
import type { CheckpointSummary } from '../../src/cli/checkpoint-summary.js';
import { publishedConfig, tinyModelFile, tinyTokenizerFile } from '../api/loading/published/tiny-checkpoints.js';
import { sendRange, serve, startHub } from '../hub/hub-server.js';
import { vectorCase } from '../vectors.js';
import { fourm } from './running.js';

const MODEL = tinyModelFile('4M-7_B');
const TOKENIZER = tinyTokenizerFile('vqvae__semseg_coco__ViTB-ViTB_4k_224-448');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-info-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

async function summary(...args: string[]): Promise<CheckpointSummary> {
  const { exitCode, out, err } = await fourm(['info', '--json', '--cache', join(folder, 'cache'), ...args]);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  return JSON.parse(out);
}

/** Headers of the published checkpoints. */
const MANIFESTS = new URL('../../spec/vectors/manifests/', import.meta.url);

/** A whole published checkpoint as far as a header goes: its weights are a hole in the file. */
async function hollowCheckpoint(manifest: string): Promise<string> {
  const { config, keys } = JSON.parse(await readFile(new URL(manifest, MANIFESTS), 'utf8'));
  let end = 0;
  const tensors = Object.entries(keys as Record<string, number[]>).map(([name, shape]) => {
    const begin = end;
    end += 4 * shape.reduce((a, b) => a * b, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify({ __metadata__: formatConfig(config), ...Object.fromEntries(tensors) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = join(folder, 'model.safetensors');
  await writeFile(file, Buffer.concat([length, header]));
  await truncate(file, 8 + header.length + end);
  return file;
}

describe('whole published checkpoints, of which only the header is read', () => {
  test('each of them; models have the published number of parameters', async () => {
    const { models } = vectorCase('manifests').about as unknown as { models: { name: string }[] };
    expect(models).toHaveLength(33);
    for (const { name } of models) {
      const file = `${name}.json`;
      const { total, parts, kind, fileBytes } = await summary(await hollowCheckpoint(file));
      const isModel = name.startsWith('4M');
      const { parameters } = JSON.parse(await readFile(new URL(file, MANIFESTS), 'utf8')) as { parameters?: number };
      expect(kind).toBe(isModel ? 'model' : 'tokenizer');
      if (isModel) expect(total.parameters).toBe(parameters);
      expect(parts.reduce((sum, part) => sum + part.parameters, 0)).toBe(total.parameters);
      expect(parts.reduce((sum, part) => sum + part.storedBytes, 0)).toBe(total.storedBytes);
      expect(fileBytes - total.storedBytes).toBeLessThan(100_000);
      await rm(join(folder, 'model.safetensors'));
    }
  }, 300_000);

  test('4M-21_B: its parts, and the memory of tasks', async () => {
    const { parts, tasks, modalities, fileBytes, dtypes } = await summary(await hollowCheckpoint('4M-21_B.json'));
    expect(fileBytes).toBeGreaterThan(3.3e9);
    expect(dtypes).toEqual({ F32: 433 });
    const blocks = parts.filter(({ name }) => ['encoder', 'decoder', 'mask_token'].includes(name));
    expect(blocks.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(198_829_056);
    const depth = tasks.find(({ name }) => name === 'rgb@224 → tok_depth@224')!;
    expect(depth.memoryBytes).toBeLessThan(0.95e9);
    expect(depth.memoryBytes).toBe(depth.storedBytes);
    expect(depth.peakBytes.f32).toBeGreaterThan(depth.memoryBytes);
    expect(depth.peakBytes.f32).toBeLessThan(1.2 * depth.memoryBytes);
    expect(depth.peakBytes.int8).toBeLessThan(0.4 * depth.peakBytes.f32);
    expect(tasks.at(-1)).toMatchObject({ name: 'rgb@224 → all of them' });
    expect(modalities!.filter(({ input }) => input)).toHaveLength(19);
    expect(modalities!.filter(({ output }) => output)).toHaveLength(17);
  });

  test('as tables', async () => {
    const file = await hollowCheckpoint('4M-21_B.json');
    const { exitCode, out } = await fourm(['info', file]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^model of 8\d\d\.\d M parameters; 3\.\d+ GB, stored as F32 \(433 tensors\)$/m);
    expect(out).toMatch(/^dim +768$/m);
    expect(out).toMatch(
      /^tok_depth@224 +in +out +image-tokens +196 +8192 +EPFL-VILAB\/4M_tokenizers_depth_8k_224-448$/m,
    );
    expect(out).toMatch(/^output head: tok_depth@224 +6\.29 M +25\.2 MB$/m);
    expect(out).toMatch(/^rgb@224 → tok_depth@224 +2\d\d\.\d M +\d+\.\d MB +\d+\.\d MB +\d+\.\d MB +\d+\.\d MB$/m);
  });
});

describe('from anywhere', () => {
  test('a shipped model', async () => {
    const { kind, modalities, tasks } = await summary('toybox');
    expect(kind).toBe('model');
    expect(modalities!.map(({ name }) => name)).toContain('tok_semseg@64');
    expect(tasks.map(({ name }) => name)).toContain('rgb@64 → tok_depth@64');
    const depth = tasks.find(({ name }) => name === 'rgb@64 → tok_depth@64')!;
    expect(depth.memoryBytes).toBe(2 * depth.storedBytes);
  });

  test('a model on the Hub, by its header only; afterwards offline', async () => {
    const id = 'EPFL-VILAB/4M-7_B_CC12M';
    const hub = await startHub({ [`${id}/model.safetensors`]: MODEL });
    const online = await summary(id, '--endpoint', hub.endpoint);
    expect(online).toMatchObject({ file: `${id}/model.safetensors`, fileBytes: MODEL.length, dtypes: { F16: 84 } });
    expect(hub.storage.map(({ range }) => range)).toEqual(['bytes=0-262143']);
    hub.hub.length = 0;
    expect(await summary(id, '--endpoint', hub.endpoint, '--offline')).toEqual(online);
    expect(hub.hub).toEqual([]);
  });

  test('a tokenizer at an address', async () => {
    const address = await serve((request, response) => sendRange(request, response, TOKENIZER));
    const { kind, parts, tasks, config } = await summary(`${address}/semseg.safetensors`);
    expect(kind).toBe('tokenizer');
    expect(config).toMatchObject({ n_labels: 134, codebook_size: 4096 });
    expect(parts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['encoder', 'decoder', 'quantize', 'cls_emb']),
    );
    expect(tasks.map(({ name }) => name)).toEqual(['values → tokens', 'tokens → values']);
  });

  test('a folder with the configuration in a separate file', async () => {
    const length = MODEL.readBigUInt64LE(0);
    const { __metadata__, ...tensors } = JSON.parse(MODEL.subarray(8, 8 + Number(length)).toString());
    const bare = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...tensors }));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(bare.length));
    const file = Buffer.concat([prefix, bare, MODEL.subarray(8 + Number(length))]);
    await writeFile(join(folder, 'model.safetensors'), file);
    const config = { ...publishedConfig('4M-7_B'), dim: 8, num_heads: 2, encoder_depth: 1, decoder_depth: 1 };
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    expect(await summary(folder)).toMatchObject({ kind: 'model', config });
    await writeFile(join(folder, 'config.json'), '[');
    const { exitCode, err } = await fourm(['info', folder]);
    expect({ exitCode, err }).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/config\.json is not a config/),
    });
  });

  test('a tokenizer in a folder', async () => {
    await writeFile(join(folder, 'model.safetensors'), TOKENIZER);
    expect(await summary(folder)).toMatchObject({ kind: 'tokenizer', fileBytes: TOKENIZER.length });
  });
});

describe('errors', () => {
  const failure = async (id: string, ...more: string[]) => {
    const { exitCode, out, err } = await fourm(['info', id, ...more]);
    expect(out).toBe('');
    expect(err).toMatch(/^fourm: [^\n]+\n$/);
    return { exitCode, message: err.slice('fourm: '.length, -1) };
  };

  test('a missing file', async () => {
    const { exitCode, message } = await failure(join(folder, 'none.safetensors'));
    expect(exitCode).toBe(2);
    expect(message).toMatch(/no such file/);
  });

  test('a file that is not a checkpoint, and one without a configuration', async () => {
    const file = join(folder, 'x.safetensors');
    await writeFile(file, 'hello, world');
    expect((await failure(file)).message).toMatch(/not a safetensors file/);
    const header = Buffer.from('{}      ');
    await writeFile(file, Buffer.concat([Buffer.from([header.length, 0, 0, 0, 0, 0, 0, 0]), header]));
    expect((await failure(file)).message).toMatch(/has no configuration in its header/);
  });

  test('a file that is not cached, offline', async () => {
    const { exitCode, message } = await failure('EPFL-VILAB/4M-21_XL', '--offline', '--cache', folder);
    expect(exitCode).toBe(1);
    expect(message).toMatch(/EPFL-VILAB\/4M-21_XL\/model\.safetensors is not in the cache/);
  });
});
