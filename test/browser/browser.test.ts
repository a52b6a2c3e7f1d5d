import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend, BackendName } from '../../src/index.js';
import * as fourm from '../../src/index.js';
import { describeInBrowser } from '../cannot-run.js';
import { writeTinyModel } from '../cli/tiny-model.js';
import { expectClose } from '../vectors.js';
import { startBrowser } from './chromium.js';
import { generateTokens, runSmallModels } from './programs.js';
import { layOutPackage, layOutPage, layOutWasm, ROOT, type Site, serveFolder } from './site.js';

/** Expected results of the page. */
interface Run {
  readonly backend: Backend;
  readonly numbers: Record<string, number[]>;
}

declare global {
  var run: (backend: BackendName) => Promise<Run>;
  var generate: () => Promise<Record<string, number[]>>;
}

/** The page's own code: what a user of the package would write. */
const PAGE = `
  import * as fourm from 'fourm';
  import { generateTokens, runSmallModels } from ${JSON.stringify(join(ROOT, 'test/browser/programs.ts'))};
  globalThis.run = async (name) => {
    const backend = await fourm.useBackend(name, { wasmPath: '/wasm/' });
    return { backend, numbers: await runSmallModels(fourm) };
  };
  globalThis.generate = async () => {
    await fourm.useBackend('wasm', { wasmPath: '/wasm/' });
    return generateTokens(fourm, new URL('/model', location.href).href);
  };
`;

let folder: string;
let site: Site;
let browser: Browser;
let page: Page;
let bundle: Metafile;
let expected: Record<string, number[]>;
const pageErrors: string[] = [];

describeInBrowser('in a browser', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fourm-page-'));
    await layOutPackage(join(folder, 'node_modules/fourm'));
    await layOutWasm(join(folder, 'wasm'));
    bundle = await layOutPage(folder, PAGE);
    site = await serveFolder(folder);
    browser = await startBrowser();
    page = await browser.newPage();
    page.on('pageerror', (error) => pageErrors.push(String(error)));
    await page.goto(site.url);

    await page.waitForFunction(() => 'run' in globalThis);

    await fourm.useBackend('cpu');
    expected = await runSmallModels(fourm);
    await writeTinyModel(join(folder, 'model'));
  });

  afterAll(async () => {
    await browser?.close();
    site?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  it('the package bundles without Node', () => {
    const outside = Object.values(bundle.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(outside).toEqual([]);
  });

  it.each(['cpu', 'wasm', 'webgpu'] as const)(
    '%s computes what Node computes',
    async (name) => {
      const { backend, numbers } = await page.evaluate((name) => globalThis.run(name), name);
      expect(backend.name).toBe(name);
      expect(Object.keys(numbers)).toEqual(Object.keys(expected));
      for (const [what, values] of Object.entries(expected)) {
        expectClose(numbers[what]!, values, { rtol: 1e-4, atol: 1e-4 }, what);
      }
      expect(pageErrors).toEqual([]);
      // A software adapter compiles shaders for minutes when other processes want the processor.
    },
    300_000,
  );

  it('a fetched model generates the same as in Node', async () => {
    expect(await page.evaluate(() => globalThis.generate())).toEqual(
      await generateTokens(fourm, join(folder, 'model')),
    );
  });
});
