import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layOutExample, type Site, serveFolder, startChromium } from './site.js';

let folder: string;
let browser: Browser;
const sites: Site[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-worker-'));
  const built = await layOutExample(folder);
  sites.push(await serveFolder(built), await serveFolder(built, true));
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  for (const site of sites) site.close();
  if (folder) await rm(folder, { recursive: true });
});

test('the page is spared what the worker computes with', async () => {
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
  test('a worker generates what the page generates, and the page goes on drawing', async () => {
    const page = await browser.newPage();
    await page.goto(`${sites[isolated]!.url}frames.html`);
    await page.waitForFunction(() => 'start' in globalThis);
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

  test('the example draws what it is told, says how far it is, and stops', async () => {
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

test('an isolated page computes with the threads that it is told, where there are processors for them', async () => {
  const page = await browser.newPage();
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => 4 });
  });
  await page.goto(`${sites[1]!.url}frames.html`);
  await page.waitForFunction(() => 'start' in globalThis);
  expect(await page.evaluate(() => globalThis.start(2))).toMatchObject({
    inWorker: expect.stringMatching(/, 1 thread$/),
    inPage: expect.stringMatching(/, 2 threads$/),
  });
  const tokens = async (where: 'page' | 'worker') =>
    (await page.evaluate((where) => globalThis.generateIn(where, 1), where)).tokens;
  expect(await tokens('page')).toEqual(await tokens('worker'));
  await page.close();
});
