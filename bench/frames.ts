/**
 * Frame rate of a page while the toybox model predicts depth and captions of 24 pictures, in a worker and in the page itself.
 * `node --import tsx bench/frames.ts`, with the tests' Chromium
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBrowser } from '../test/browser/chromium.js';
import { layOutExample, serveFolder } from '../test/browser/site.js';

const RUNS = 3;
const PICTURES = 24;

const folder = await mkdtemp(join(tmpdir(), 'fourm-frames-'));
const site = await serveFolder(await layOutExample(folder));
const browser = await startBrowser();
try {
  const page = await browser.newPage();
  await page.goto(`${site.url}frames.html`);
  await page.waitForFunction(() => 'start' in globalThis);
  await page.evaluate(() => globalThis.start());
  for (const where of ['worker', 'page'] as const) {
    const generate = (count: number) =>
      page.evaluate(([where, count]) => globalThis.generateIn(where, count), [where, count] as const);
    await generate(1);
    for (let run = 0; run < RUNS; run++) {
      const { frames, took, longest } = await generate(PICTURES);
      const rate = (1000 * frames) / took;
      console.log(`in the ${where}: ${rate.toFixed(0)} frames a second, the longest ${longest.toFixed(0)} ms`);
    }
  }
} finally {
  await browser.close();
  site.close();
  await rm(folder, { recursive: true });
}
