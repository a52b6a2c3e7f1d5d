import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import { loadModelInWorker, type RemoteModel } from '../../src/client.js';
import { CancelledError, InvalidInputError, WorkerError } from '../../src/errors.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { writeTinyModel } from '../cli/tiny-model.js';

const SCRIPT = new URL('./script.mjs', import.meta.url);
const inputs = { rgb: toyboxSample(3).rgb };
const options = { to: ['depth', 'caption'] } as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-gone-'));
  await useBackend('wasm');
  await writeTinyModel(join(folder, 'model'));
});
afterAll(async () => {
  await releaseBackend();
  await rm(folder, { recursive: true });
});

/** A worker that runs a script, for one test. */
async function workerOf(name: string, script: string): Promise<Worker> {
  const path = join(folder, `${name}.mjs`);
  await writeFile(path, script);
  const worker = new Worker(path);
  onTestFinished(async () => void (await worker.terminate()));
  return worker;
}

const load = (worker: Worker, more: Partial<Parameters<typeof loadModelInWorker>[2]> = {}): Promise<RemoteModel> =>
  loadModelInWorker(worker, join(folder, 'model'), { backend: 'wasm', ...more });

/** All requests, of which some do nothing after the model is gone. */
const requests = (model: Pick<RemoteModel, 'generate' | 'reconstruct' | 'bodyPoses' | 'masks'>) => [
  model.generate(inputs, options),
  model.reconstruct('rgb', [inputs.rgb]),
  model.bodyPoses([]),
  model.masks([]),
];

describe('a worker that ends', () => {
  test.each([
    ['terminated', (worker: Worker) => void worker.terminate()],
    ['by process.exit', (worker: Worker) => worker.postMessage('exit')],
  ])('%s rejects what is pending and what comes later', async (_, end) => {
    const script = `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', (message) => message === 'exit' && process.exit(3));
      await import(${JSON.stringify(SCRIPT.href)});`;
    const worker = await workerOf('exits', script);
    const model = await load(worker);
    let ended = false;
    const onProgress = () => {
      if (!ended) end(worker);
      ended = true;
    };
    await expect(model.generate(inputs, { ...options, onProgress })).rejects.toThrow(WorkerError);
    for (const request of requests(model)) await expect(request).rejects.toThrow(WorkerError);
    await expect(load(worker)).rejects.toThrow(WorkerError);
  });
});

describe('a worker that does not reply', () => {
  const SILENT: [string, string][] = [
    ['an empty script', 'setInterval(() => {}, 1000);'],
    [
      'another script',
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => parentPort.postMessage('hello'));",
    ],
    ['a script that never stops', 'for (;;);'],
  ];

  test.each(SILENT)('%s is an error after a time', async (_, script) => {
    const worker = await workerOf('silent', script);
    const loading = load(worker, { connectTimeout: 400 });
    await expect(loading).rejects.toThrow(WorkerError);
    await expect(loading).rejects.toThrow(/did not respond within 0\.4 s.*fourm\/worker/);
  });

  test.each(SILENT)('%s can be left with a signal', async (_, script) => {
    const worker = await workerOf('silent', script);
    const controller = new AbortController();
    const loading = load(worker, { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(loading).rejects.toThrow(CancelledError);
  });

  test('a script that ends is an error at once', async () => {
    await expect(load(await workerOf('ends', ''))).rejects.toThrow(/ended/);
  });

  test('a script that awaits something first is waited for', async () => {
    const script = `await new Promise((resolve) => setTimeout(resolve, 700)); await import(${JSON.stringify(SCRIPT.href)});`;
    const model = await load(await workerOf('late', script));
    expect((await model.generate(inputs, { to: ['depth'] })).depth.tokens).toHaveLength(64);
  });

  test('a request to a worker that is stuck can be left with a signal', async () => {
    const script = `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', (message) => { while (message === 'stick'); });
      await import(${JSON.stringify(SCRIPT.href)});`;
    const worker = await workerOf('sticks', script);
    const model = await load(worker);
    worker.postMessage('stick');
    const controller = new AbortController();
    const generating = model.generate(inputs, { ...options, signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(generating).rejects.toThrow(CancelledError);
  });
});

test.each([-1, Number.NaN, '5' as never])('a time limit of %s is an error', async (connectTimeout) => {
  const worker = await workerOf('silent', 'setInterval(() => {}, 1000);');
  await expect(load(worker, { connectTimeout })).rejects.toThrow(InvalidInputError);
});

test('arguments that cannot be sent are an error that names the request', async () => {
  const model = await load(new Worker(SCRIPT));
  const seed = (() => 1) as never;
  await expect(model.generate(inputs, { ...options, seed })).rejects.toThrow(InvalidInputError);
  await expect(model.generate(inputs, { ...options, seed })).rejects.toThrow(/generating/);
  await model.dispose();
});

test('after dispose it fails like a model without a worker', async () => {
  const worker = await workerOf('disposed', `await import(${JSON.stringify(SCRIPT.href)});`);
  const [remote, direct] = [await load(worker), await loadModel(join(folder, 'model'))];
  const failures = async (model: RemoteModel) => {
    await model.dispose();
    const asked = [...requests(model), model.release(), model.dispose()];
    return (await Promise.allSettled(asked)).map((result) => {
      return result.status === 'rejected' ? `${result.reason.name}: ${result.reason.message}` : 'nothing';
    });
  };
  expect(await failures(remote)).toEqual(await failures(direct as never));
});
