import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Request } from 'playwright-core';
import { expect, test } from 'vitest';
import { expectToLookAs } from '../screenshots.js';
import { axeFinds, describePlayground, finished, folder, generate, open, page, wrong } from './page.js';

/** Sizes and colour schemes that pictures of the page are kept of. */
const SCREENS = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { name: `desktop-${colorScheme}`, colorScheme, width: 1280, height: 900 },
  { name: `phone-${colorScheme}`, colorScheme, width: 390, height: 844 },
]);

/** The tokens of the shown captions. */
const captions = () => page.locator('.words').allTextContents();

describePlayground('generation in the playground', () => {
  test('a first generation completes, and a step can be shown again', async () => {
    await open();
    await generate();
    const note = page
      .locator('.card', { has: page.locator('canvas') })
      .locator('.note')
      .first();
    const [, total] = /^(\d+) of \1 tokens$/.exec((await note.textContent())!)!;
    expect(Number(total)).toBeGreaterThan(0);
    const slider = page.locator('#step');
    await slider.focus();
    await page.keyboard.press('Home');
    expect(await note.textContent()).toBe(`0 of ${total} tokens`);
    expect(await captions()).toEqual(['…']);
    await page.keyboard.press('End');
    expect(await note.textContent()).toBe(`${total} of ${total} tokens`);
    expect(wrong).toEqual([]);
  });

  test('takes less than one megabyte before the model, compressed', async () => {
    const fetched = new Set<string>();
    const note = (request: Request) => fetched.add(new URL(request.url()).pathname);
    page.on('request', note);
    await open();
    page.off('request', note);
    const files = [...fetched].filter((path) => !path.includes('/models/') && path.startsWith('/'));
    const sizes = files.map(async (path) => {
      const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
      return gzipSync(await readFile(file)).length;
    });
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(files.some((path) => path.endsWith('.wasm'))).toBe(true);
    expect(total).toBeLessThan(1_000_000);
  });

  test('passes axe in both colour schemes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeFinds('html')).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });

  test('the address gives the same result, and two seeds give two', async () => {
    await open(
      'in=rgb&out=caption&scene=11&seed=3&decoding.caption=temperature:1&second.seed=4&second.decoding.caption=temperature:1',
    );
    await finished();
    const first = await captions();
    expect(first).toHaveLength(2);
    expect(first[0]).not.toBe(first[1]);
    const address = page.url().split('#')[1]!;
    await open(address);
    await finished();
    expect(await captions()).toEqual(first);
    expect(page.url()).toContain(address);
    expect(wrong).toEqual([]);
  });

  test('WebGPU generates the same tokens as wasm', async () => {
    const request = 'in=rgb&out=caption&scene=11';
    const ids = () => page.locator('.token').evaluateAll((all) => all.map(({ textContent }) => textContent));
    await open(request);
    await finished();
    const expected = await ids();
    page.setDefaultTimeout(280_000);
    await open(request, { backend: 'webgpu' });
    await finished();
    page.setDefaultTimeout(30_000);
    // The adapter has a name of its own.
    expect(await page.locator('#model').textContent()).not.toContain('WebAssembly');
    expect(await ids()).toEqual(expected);
    expect(expected.length).toBeGreaterThan(3);
    expect(wrong).toEqual([]);
    // A software adapter compiles shaders for minutes when other processes want the processor.
  }, 300_000);

  test.each(SCREENS)('looks as it did: $name', async ({ name, colorScheme, ...viewport }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await open('in=rgb&out=depth,semseg&scene=11');
    await finished();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width);
    await page.locator('.card canvas').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.locator('#token-panel .code canvas').waitFor();
    await page.locator('#stage').evaluate((stage) => stage.scrollIntoView());
    await expectToLookAs(name, await page.screenshot());
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(wrong).toEqual([]);
  });

  test('a request that the model refuses is an error in a sentence', async () => {
    await open('in=rgb&out=');
    await page.locator('#status.failed', { hasText: /^No targets; .*\.$/ }).waitFor();
    expect(wrong).toEqual([]);
  });
});
