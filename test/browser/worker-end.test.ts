import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { describeInBrowser } from '../cannot-run.js';
import { startBrowser } from './chromium.js';
import { type Site, serveFolder } from './site.js';
import { layOutWorkers } from './workers.js';

declare global {
  /** Does something with a model in a worker. @returns how it failed, as `name: message`, and what it gave otherwise */
  var inWorker: (script: string, task: string, options?: object) => Promise<string>;
}

const PAGE = `
  import { loadModelInWorker } from 'fourm/client';
  const rgb = { width: 64, height: 64, channels: 3, data: new Uint8Array(64 * 64 * 3).fill(100) };
  const generate = (model, options) => model.generate({ rgb }, { to: ['depth', 'caption'], ...options });
  const tasks = {
    async load() { return 'loaded'; },
    async generate(model) { return String((await generate(model)).depth.tokens.length); },
    async terminate(model, worker) { return pending(model, () => worker.terminate()); },
    async close(model, worker) { return pending(model, () => worker.postMessage('close')); },
    async closeWhenIdle(model, worker) {
      worker.postMessage('close');
      await new Promise((resolve) => setTimeout(resolve, 300));
      return generate(model);
    },
  };
  /** How a request fails whose worker ends, and a later one. */
  async function pending(model, end) {
    const first = await how(generate(model, { onProgress: () => end() }));
    return first + '; then ' + (await how(generate(model)));
  }
  const how = (work) => work.then((value) => String(value), (error) => error.name + ': ' + error.message);
  globalThis.inWorker = (script, task, { abortAfter, ...options } = {}) => {
    const worker = new Worker(script, { type: 'module' });
    if (abortAfter) options.signal = AbortSignal.timeout(abortAfter);
    const load = loadModelInWorker(worker, '/model/', { backend: 'wasm', wasmPath: '/wasm/', ...options });
    return how(load.then((model) => tasks[task](model, worker))).finally(() => worker.terminate());
  };
`;

const WORKERS = {
  usual: "import 'fourm/worker'; addEventListener('message', ({ data }) => data === 'close' && close());",
  late: "await new Promise((resolve) => setTimeout(resolve, 1000)); await import('fourm/worker');",
  empty: '',
  other: "addEventListener('message', () => postMessage('hello'));",
  stuck: 'for (;;);',
};

let folder: string;
let site: Site;
let browser: Browser;

async function openPage(prepare: () => void = () => {}): Promise<Page> {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.addInitScript(prepare);
  await page.goto(site.url);
  await page.waitForFunction(() => 'inWorker' in globalThis);
  return page;
}

function outcomeOf(page: Page, script: keyof typeof WORKERS, task: string, options: object = {}): Promise<string> {
  const inputs = [`/workers/${script}.js`, task, options] as const;
  return page.evaluate(([script, task, options]) => globalThis.inWorker(script, task, options), inputs);
}

describeInBrowser('the end of a worker in a page', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fourm-worker-end-'));
    await layOutWorkers(folder, PAGE, WORKERS);
    site = await serveFolder(folder);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  const ENDED = /^WorkerError: the worker has ended$/;
  const BOTH = /^WorkerError: the worker has ended; then WorkerError: the worker has ended$/;

  test('terminate() rejects pending and later requests', async () => {
    expect(await outcomeOf(await openPage(), 'usual', 'terminate')).toMatch(BOTH);
  });

  test('close() in the worker rejects pending and later requests', async () => {
    expect(await outcomeOf(await openPage(), 'usual', 'close')).toMatch(BOTH);
    expect(await outcomeOf(await openPage(), 'usual', 'closeWhenIdle')).toMatch(ENDED);
  });

  test('terminate() is noticed where there are no Web Locks', async () => {
    const page = await openPage(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
    expect(await outcomeOf(page, 'usual', 'terminate')).toMatch(BOTH);
  });

  describe.each(['empty', 'other', 'stuck'] as const)('a worker whose script is %s', (script) => {
    test('is an error after a time', async () => {
      const outcome = await outcomeOf(await openPage(), script, 'load', { connectTimeout: 500 });
      expect(outcome).toMatch(/^WorkerError: the worker did not respond within 0\.5 s.*fourm\/worker/);
    });

    test('can be left with a signal', async () => {
      expect(await outcomeOf(await openPage(), script, 'load', { abortAfter: 300 })).toMatch(/^CancelledError/);
    });
  });

  test('a worker that awaits something before it imports fourm/worker is waited for', async () => {
    expect(await outcomeOf(await openPage(), 'late', 'generate')).toBe('64');
  });

  test('a missing script is an error with its address', async () => {
    const page = await openPage();
    const outcome = await page.evaluate(() => globalThis.inWorker('/workers/none.js', 'load'));
    expect(outcome).toMatch(/^WorkerError: the worker failed: its script.*not found/);
  });
});
