import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeInBrowser } from '../cannot-run.js';
import { startBrowser } from './chromium.js';
import { ISOLATED, layOutExample, type Site, serveFolder } from './site.js';

let folder: string;
let built: string;
let browser: Browser;
const sites: Site[] = [];

async function openFrames({ url }: Site): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${url}frames.html`);
  await page.waitForFunction(() => 'start' in globalThis);
  return page;
}

const sameTokens = async (page: Page) => {
  const tokens = async (where: 'page' | 'worker') =>
    (await page.evaluate((where) => globalThis.generateIn(where, 1), where)).tokens;
  expect(await tokens('page')).toEqual(await tokens('worker'));
};

describeInBrowser('a model in a worker', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fourm-worker-'));
    built = await layOutExample(folder);
    sites.push(await serveFolder(built), await serveFolder(built, ISOLATED));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    for (const site of sites) site.close();
    if (folder) await rm(folder, { recursive: true });
  });

  test('the page does not load what only the worker needs', async () => {
    const page = { contents: "export * from 'fourm/client'", resolveDir: folder };
    const { metafile } = await build({ stdin: page, bundle: true, format: 'esm', write: false, metafile: true });
    const files = Object.keys(metafile.inputs);
    expect(files.some((path) => path.endsWith('src/worker/client.js'))).toBe(true);
    expect(files.filter((path) => /tensorflow|backends/.test(path))).toEqual([]);
  });

  describe.each([
    ['an ordinary page', 0],
    ['a cross-origin-isolated page', 1],
  ])('on %s', (_, isolated) => {
    test('a worker generates the same as the page, and the page keeps rendering', async () => {
      const page = await openFrames(sites[isolated]!);
      expect(await page.evaluate(() => globalThis.start())).toMatchObject({ isolated: isolated === 1 });
      for (const where of ['page', 'worker'] as const) {
        await page.evaluate((where) => globalThis.generateIn(where, 1), where);
      }
      const there = await page.evaluate(() => globalThis.generateIn('worker', 24));
      const here = await page.evaluate(() => globalThis.generateIn('page', 24));
      expect(there.tokens).toEqual(here.tokens);
      // In the page nothing is drawn during a step, of about a second. How long anything takes depends on the machine.
      expect(there.longest).toBeLessThan(here.longest / 2);
      await page.close();
    });

    test('the example draws results, shows progress, and stops', async () => {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(`${sites[isolated]!.url}?backend=wasm`);
      const status = page.locator('#status');
      const draw = async () => {
        await page.locator('#draw:enabled').waitFor();
        await page.click('#draw');
      };
      await draw();
      await page.locator('#status', { hasText: /^generating semseg, \d+ s left$/ }).waitFor();
      await page.locator('#status', { hasText: 'done' }).waitFor();
      const widths = await page.$$eval('img', (images) =>
        images.map((image) => (image as HTMLImageElement).naturalWidth),
      );
      expect(widths).toEqual([64, 64, 64]);

      await draw();
      await page.locator('#stop:enabled').click();
      await page.locator('#draw:enabled').waitFor();
      expect(await status.textContent()).toMatch(/^(stopped|done)$/);
      expect(errors).toEqual([]);
      await page.close();
    });
  });

  test('the example shows how much is kept on the device, and deletes it', async () => {
    const site = await serveFolder(built, { etag: '"1"' });
    sites.push(site);
    const page = await browser.newPage();
    await page.goto(`${site.url}?backend=wasm`);
    await page.locator('#draw:enabled').waitFor();
    await page.locator('#kept', { hasText: /^(?!0\.0)\d+\.\d MB$/ }).waitFor();
    await page.click('#clear');
    await page.locator('#kept', { hasText: /^0\.0 MB$/ }).waitFor();
    await page.close();
  });

  test('relaxed SIMD is used in Chromium, and can be refused', async () => {
    const page = await openFrames(sites[0]!);
    expect(await page.evaluate(() => globalThis.start({}, false))).toMatchObject({
      inPage: 'WebAssembly with SIMD, 1 thread',
      inWorker: 'WebAssembly with relaxed SIMD, 1 thread',
    });
    const [plain, relaxed] = await page.evaluate(async () => [
      await globalThis.generateIn('page', 1),
      await globalThis.generateIn('worker', 1),
    ]);
    expect(plain!.tokens.map((tokens) => tokens.length)).toEqual(relaxed!.tokens.map((tokens) => tokens.length));
    await page.close();
  });

  describe('threads', () => {
    test('in an isolated page, and in its worker', async () => {
      const page = await openFrames(sites[1]!);
      expect(await page.evaluate(() => globalThis.start({ page: 2, worker: 3 }))).toMatchObject({
        inPage: expect.stringMatching(/^WebAssembly with (relaxed )?SIMD, 2 threads$/),
        inWorker: expect.stringMatching(/^WebAssembly with (relaxed )?SIMD, 3 threads$/),
      });
      await sameTokens(page);
      await page.close();
    });

    test('as many as there are processors by default', async () => {
      const page = await openFrames(sites[1]!);
      const count = Math.min(8, await page.evaluate(() => navigator.hardwareConcurrency));
      const description = expect.stringMatching(new RegExp(`, ${count} threads?$`));
      expect(await page.evaluate(() => globalThis.start())).toMatchObject({
        inPage: description,
        inWorker: description,
      });
      await page.close();
    });

    test('that an ordinary page cannot have are an error', async () => {
      const page = await openFrames(sites[0]!);
      await expect(page.evaluate(() => globalThis.start({ worker: 2 }))).rejects.toThrow(
        'there is one thread: the page is not cross-origin isolated',
      );
      await page.close();
    });

    test('with a security policy that lets pages connect to their own server alone', async () => {
      sites.push(await serveFolder(built, { ...ISOLATED, 'Content-Security-Policy': "connect-src 'self'" }));
      const page = await openFrames(sites.at(-1)!);
      const { inPage } = await page.evaluate(() => globalThis.start({ page: 2 }));
      expect(inPage).toMatch(/^WebAssembly with (relaxed )?SIMD, 2 threads$/);
      await page.close();
    });

    test.each(["worker-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"])(
      'that a security policy forbids (%s) are none, with a warning; and an error if they were requested',
      async (policy) => {
        const site = await serveFolder(built, { ...ISOLATED, 'Content-Security-Policy': policy });
        sites.push(site);
        const page = await openFrames(site);
        const warnings: string[] = [];
        page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
        await page.evaluate(() => {
          Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 });
        });
        const started = await page.evaluate(() => globalThis.start());
        expect(started.inPage).toMatch(/^WebAssembly with (relaxed )?SIMD, 1 thread$/);
        expect(warnings).toContainEqual(
          expect.stringMatching(/^fourm: wasm computes on one thread, where it could on 4: ./),
        );
        await sameTokens(page);
        await expect(page.evaluate(() => globalThis.start({ page: 2 }))).rejects.toThrow(/there is one thread: ./);
        await page.close();
      },
    );
  });
});
