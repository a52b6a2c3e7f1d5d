import { join } from 'node:path';
import type { Request } from 'playwright-core';
import { expect, test } from 'vitest';
import { CLIP_FILE, CLIP_ID, MODEL_FILE, MODEL_ID } from '../../api/loading/published/hub-model.js';
import { type Fault, startHub } from '../../hub/hub-server.js';
import { ROOT } from '../site.js';
import { CARD, describeModel, describePlayground, finished, folder, generate, open, page, wrong } from './page.js';

/** Lets pages of other origins read answers, as the Hub does. */
const shared: Fault = ({ method }, response) => {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-headers', '*');
  response.setHeader('access-control-expose-headers', '*');
  if (method !== 'OPTIONS') return false;
  response.writeHead(204).end();
  return true;
};

/** The download size that the page shows in advance. */
async function downloadSize(): Promise<number> {
  const needs = page.locator('#needs', { hasText: /^This request needs/ });
  const [, number, unit] = /needs ([\d.]+) (\w+) of weights/.exec((await needs.textContent())!)!;
  return Number(number) * 1000 ** ['bytes', 'kB', 'MB', 'GB'].indexOf(unit!);
}

describePlayground('models in the playground', () => {
  test('a published checkpoint is described, then read by ranges; cached data is listed and deleted', async () => {
    await open('in=rgb&out=depth');
    await finished();
    const ranges: string[] = [];
    const note = (request: Request) => {
      const { range } = request.headers();
      if (request.url().includes('/published/') && range) ranges.push(range);
    };
    page.on('request', note);
    await describeModel('published/');
    const isWide = await page.locator('#controls').evaluate((form) => form.scrollWidth > form.clientWidth);
    expect(isWide, 'a long address is wider than the form').toBe(false);
    const plan = await page.locator('#model-plan').textContent();
    expect(plan).toContain('published/ has 7 modalities.');
    expect(plan).toMatch(/model\.safetensors \(\d+\.\d+ MB\), only the parts that a request needs/);
    expect(plan).toContain('EPFL-VILAB/4M_tokenizers_CLIP-B16_8k_224-448');
    expect(plan).toContain('Licence: sample-code-license.');
    expect(ranges.length).toBeGreaterThan(0);
    await page.locator('#model-use').click();
    await page.locator('#inputs').getByText('rgb', { exact: true }).waitFor();
    await page.locator('#outputs').getByText('depth', { exact: true }).click();
    await page.locator('#outputs').getByText('clip', { exact: true }).click();
    await page.locator('details.output summary', { hasText: 'clip' }).click();
    await page.getByRole('group', { name: 'clip' }).getByLabel('Steps').fill('2');
    await generate();
    expect(await page.locator('.card', { hasText: 'clip' }).locator('.note').textContent()).toBe('196 of 196 tokens');
    page.off('request', note);
    const kept = page.locator('#cache-size');
    await page.getByRole('button', { name: 'Delete what is kept' }).click();
    await kept.filter({ hasText: /^0 bytes are kept/ }).waitFor();
    expect(wrong).toEqual([]);
  });

  test('a repository of the Hub is loaded by ranges, and the download size is shown in advance', async () => {
    const hub = await startHub({
      [`${MODEL_ID}/model.safetensors`]: MODEL_FILE,
      [`${MODEL_ID}/README.md`]: Buffer.from(CARD),
      [`${CLIP_ID}/model.safetensors`]: CLIP_FILE,
    });
    hub.hubFault = shared;
    hub.storageFault = shared;
    await open('in=rgb&out=depth', { endpoint: hub.endpoint });
    await finished();
    await describeModel(MODEL_ID);
    expect(await page.locator('#model-plan').textContent()).toContain('Licence: sample-code-license.');
    await page.locator('#model-use').click();
    await page.locator('#outputs').getByText('depth', { exact: true }).click();
    await page.locator('#outputs').getByText('clip', { exact: true }).click();
    await page.locator('details.output summary', { hasText: 'clip' }).click();
    await page.getByRole('group', { name: 'clip' }).getByLabel('Steps').fill('2');
    const needed = await downloadSize();
    const before = hub.storage.length;
    await generate();
    const ranges = hub.storage.slice(before).map(({ range }) => /^bytes=(\d+)-(\d+)$/.exec(range!)!);
    const fetched = ranges.reduce((sum, [, first, last]) => sum + Number(last) + 1 - Number(first), 0);
    expect(fetched).toBeGreaterThan(0);
    // Two headers were read before, with a block each; and the figure has three digits.
    expect(fetched).toBeLessThan(1.01 * needed);
    expect(fetched).toBeGreaterThan(0.99 * needed - 2 * 2 ** 18);
    expect(fetched).toBeLessThan(MODEL_FILE.length + CLIP_FILE.length);
    expect(wrong.filter((url) => !url.startsWith('http://127.0.0.1:'))).toEqual([]);
  });

  test('a folder of this device with a fourm.json is a model', async () => {
    await open('in=rgb&out=caption');
    await finished();
    const requests: string[] = [];
    const note = (request: Request) => requests.push(request.url());
    await page.locator('#model-choice summary').click();
    page.on('request', note);
    await page.setInputFiles('#model-folder', join(folder, 'below/a/path/all'));
    await page.locator('#model-use:enabled').click();
    page.off('request', note);
    expect(await page.locator('#model-plan').textContent()).toMatch(
      /^all has 18 modalities\. Its files are on this device; nothing is fetched\./,
    );
    expect(requests.filter((url) => url.includes('/all/'))).toEqual([]);
    await page.locator('#outputs').getByText('depth', { exact: true }).click();
    await generate();
    expect(await page.locator('.card', { hasText: 'depth' }).locator('.note').textContent()).toBe('64 of 64 tokens');
    await page.setInputFiles('#model-folder', join(ROOT, 'docs/exercises'));
    await page
      .locator('#status.failed', { hasText: /^The folder 'exercises' has neither a fourm\.json nor/ })
      .waitFor();
    expect(wrong).toEqual([]);
  });
});
