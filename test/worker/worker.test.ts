import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import type { Model } from '../../src/api/model.js';
import * as client from '../../src/client.js';
import { CancelledError, InvalidInputError, MediaError, WorkerError } from '../../src/errors.js';
import { encodePng } from '../../src/media/encode.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { writeTinyModel } from '../cli/tiny-model.js';

const SCRIPT = new URL('./script.mjs', import.meta.url);
const sample = toyboxSample(3);

let folder: string;
let direct: Model;
let worker: Worker;
let remote: client.RemoteModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-worker-'));
  await useBackend('wasm');
  await writeTinyModel(folder);
  direct = await loadModel(folder);
  worker = startWorker();
  remote = await client.loadModelInWorker(worker, folder, { backend: 'wasm' });
});
afterAll(async () => {
  await worker.terminate();
  await direct.dispose();
  await releaseBackend();
  await rm(folder, { recursive: true });
});

function startWorker(): Worker {
  return new Worker(SCRIPT);
}

/** Content of a result, with its methods called. */
function contentOf(result: client.Result) {
  const data = Object.entries(result).filter(([, value]) => typeof value !== 'function');
  return {
    ...Object.fromEntries(data),
    methods: Object.keys(result).filter((key) => typeof (result as never)[key] === 'function'),
    ...(result.kind === 'image' && { image: result.toImage(), png: result.toPng() }),
    ...(result.kind === 'detections' && { drawn: result.drawOn(sample.rgb, 2) }),
  };
}

describe('a model in a worker', () => {
  test("has the model's name, modalities and backend", () => {
    expect(remote).toMatchObject({ name: direct.name, modalities: direct.modalities, backend: { name: 'wasm' } });
    expect(remote.description.modalities).toEqual(direct.description.modalities);
    expect(remote.description.modalities.depth).toMatchObject({ kind: 'image', tokens: 'tok_depth@64' });
    expect(remote.infos).toEqual(direct.infos);
    expect(remote.infos['tok_depth@64']).toMatchObject({ kind: 'image-tokens', maxTokens: 64 });
  });

  test('reports tokens with their details as the model itself does', async () => {
    const reported = async (model: Pick<Model, 'generate'>) => {
      const tokens: client.GeneratedTokens[] = [];
      const details = { alternatives: 3, attention: true };
      await model.generate(
        { rgb: sample.rgb },
        { to: ['depth', 'caption'], details, onTokens: (step) => tokens.push(step) },
      );
      return tokens;
    };
    expect(await reported(remote)).toEqual(await reported(direct));
  });

  test('has the same results as the model itself', async () => {
    const inputs = [{ rgb: sample.rgb }, { rgb: toyboxSample(4).rgb }];
    const options = { to: ['depth', 'semseg', 'caption', 'det'], seed: 5 } as const;
    const [there, here] = [await remote.generateMany(inputs, options), await direct.generateMany(inputs, options)];
    const all = (results: typeof here) => results.map((each) => options.to.map((name) => contentOf(each[name])));
    expect(all(there)).toEqual(all(here));
  });

  test('reconstructs modalities; inputs stay usable', async () => {
    const given = encodePng(sample.rgb);
    const [there, here] = [await remote.reconstruct('rgb', [given]), await direct.reconstruct('rgb', [given])];
    expect(there.map(contentOf)).toEqual(here.map(contentOf));
    expect(given.length).toBeGreaterThan(100);
  });

  test('results of every kind are drawn as those of the model itself', async () => {
    const options = { to: ['canny_edge', 'clip', 'dinov2_global', 'metadata'] } as const;
    const drawn = async (model: Pick<Model, 'generate'>) => {
      const results = await model.generate({ rgb: sample.rgb }, options);
      return options.to.map((name) => results[name].toPng());
    };
    expect(await drawn(remote)).toEqual(await drawn(direct));
    const features = (model: Pick<Model, 'features'>) => model.features('clip', [sample.rgb]);
    expect(await features(remote)).toEqual(await features(direct));
  });

  test('accepts its own results as inputs and conditions', async () => {
    const make = async (model: Pick<Model, 'generate'>) => {
      const { depth } = await model.generate({ rgb: sample.rgb }, { to: ['depth'] });
      const conditions = [{ inputs: { depth }, weight: 1 }];
      const { semseg } = await model.generate({ depth }, { to: ['semseg'] });
      return [semseg, (await model.generate({}, { to: ['normal'], conditions })).normal].map(contentOf);
    };
    expect(await make(remote)).toEqual(await make(direct));
  });

  test('reports as the model itself does', async () => {
    const reports = async (model: Pick<Model, 'generate'>) => {
      const reports: string[] = [];
      const onProgress = ({ phase, modality, done, total }: client.GenerationProgress) => {
        reports.push(`${phase} ${modality} ${done}/${total}`);
      };
      await model.generate({ rgb: sample.rgb }, { to: ['depth', 'caption'], onProgress });
      return reports;
    };
    expect(await reports(remote)).toEqual(await reports(direct));
  });

  test.each([
    ['InvalidInputError', InvalidInputError, { smell: 'sweet' }, "unknown modality 'smell'"],
    ['MediaError', MediaError, { rgb: Uint8Array.of(1, 2, 3) }, 'not a PNG or JPEG'],
  ] as const)('%s comes as what it is', async (name, type, inputs, message) => {
    const error = await remote.generate(inputs, { to: ['depth'] }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ name, message: expect.stringContaining(message) });
    expect((error as Error).stack).toContain(message);
  });

  test('can be cancelled, and used again', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const options = { to: ['depth', 'normal', 'caption'], signal: controller.signal, onProgress } as const;
    await expect(remote.generate({ rgb: sample.rgb }, options)).rejects.toThrow(CancelledError);
    await expect(remote.generate({ rgb: sample.rgb }, options)).rejects.toThrow(CancelledError);
    const { depth } = await remote.generate({ rgb: sample.rgb }, { to: ['depth'] });
    expect(depth.tokens).toHaveLength(64);
  });

  test('releases weights, and loads them again', async () => {
    const before = await remote.generate({ rgb: sample.rgb }, { to: ['depth'] });
    await remote.release();
    const after = await remote.generate({ rgb: sample.rgb }, { to: ['depth'] });
    expect(after.depth.tokens).toEqual(before.depth.tokens);
  });

  test('fails with its listener', async () => {
    const onProgress = () => {
      throw new RangeError('enough');
    };
    await expect(remote.generate({ rgb: sample.rgb }, { to: ['depth'], onProgress })).rejects.toThrow(RangeError);
  });

  test('is one of several that are loaded at once', async () => {
    const own = startWorker();
    const load = (threads: number) => client.loadModelInWorker(own, folder, { backend: 'wasm', threads });
    const models = await Promise.all([load(2), load(1), load(2)]);
    const results = await Promise.all(models.map((model) => model.generate({ rgb: sample.rgb }, { to: ['depth'] })));
    for (const { depth } of results) expect(depth.tokens).toEqual(results[0]!.depth.tokens);
    await own.terminate();
  });

  test('several models are disposed of separately', async () => {
    const second = await client.loadModelInWorker(worker, folder, { backend: 'wasm' });
    const both = [second, remote].map((model) => model.generate({ rgb: sample.rgb }, { to: ['depth'], seed: 2 }));
    const [a, b] = await Promise.all(both);
    expect(a!.depth.tokens).toEqual(b!.depth.tokens);
    await second.dispose();
    await expect(second.generate({ rgb: sample.rgb }, { to: ['depth'] })).rejects.toThrow(InvalidInputError);
    await remote.generate({ rgb: sample.rgb }, { to: ['depth'] });
  });

  test('that cannot be loaded: the error has the reason', async () => {
    const loading = client.loadModelInWorker(worker, 'nothing-here', { backend: 'wasm' });
    await expect(loading).rejects.toThrow(InvalidInputError);
    await expect(loading).rejects.toThrow("cannot load the model 'nothing-here'");
    const cancelled = client.loadModelInWorker(worker, folder, { backend: 'wasm', signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toThrow(CancelledError);
  });

  test('fails with its worker', async () => {
    const doomed = startWorker();
    const model = await client.loadModelInWorker(doomed, folder, { backend: 'wasm' });
    const onProgress = () => doomed.terminate();
    const generated = model.generate({ rgb: sample.rgb }, { to: ['depth', 'caption'], onProgress });
    await expect(generated).rejects.toThrow(WorkerError);
    await expect(model.dispose()).rejects.toThrow(WorkerError);
  });
});
