/**
 * Measures the first visit of a page of the built site: `npm run docs`, then `npm run docs:measure -- [pages]`.
 *
 * - transferred: bytes until the page is idle, without model files; each file compressed by gzip, as hosts send it
 * - interactive: the end of the last task of more than 50 ms before five seconds without one, with the CPU slowed down four times
 * - accessible: share of axe's rules that hold, weighted by their impact, in percent
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AxeResults, ImpactValue } from 'axe-core';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../test/browser/chromium.js';
import { ROOT, serveFolder } from '../test/browser/site.js';

const SLOWED = 4;
const QUIET_MS = 5000;
/** The limits that the site keeps. */
const LIMITS = { transferred: 1e6, interactiveMs: 3000, accessible: 95 };
const WEIGHTS: Readonly<Record<NonNullable<ImpactValue>, number>> = { minor: 1, moderate: 3, serious: 7, critical: 10 };

const site = join(ROOT, 'out/site');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Visit {
  readonly page: string;
  readonly transferred: number;
  readonly interactiveMs: number;
  readonly accessible: number;
}

async function visit(browser: Browser, url: string, path: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  let transferred = 0;
  page.on('response', async (response) => {
    if (response.url().includes('/models/')) return;
    const body = await response.body().catch(() => Buffer.alloc(0));
    transferred += gzipSync(body).length;
  });
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWED });
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(globalThis, { tasks });
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) tasks.push(startTime + duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(url + path, { waitUntil: 'load' });
  const interactiveMs = await page.evaluate(async (quiet) => {
    const { tasks } = globalThis as unknown as { tasks: number[] };
    const paints = performance.getEntriesByName('first-contentful-paint').map(({ startTime }) => startTime);
    // Functions here are anonymous, since the page lacks the compiler's helper for function names.
    while (performance.now() - Math.max(...paints, ...tasks) < quiet)
      await new Promise((done) => setTimeout(done, 200));
    return Math.max(...paints, ...tasks);
  }, QUIET_MS);
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await page.evaluate(axe);
  const { passes, violations } = (await page.evaluate('axe.run()')) as AxeResults;
  const weight = (impacts: readonly (ImpactValue | undefined)[]) =>
    impacts.reduce((sum, impact) => sum + WEIGHTS[impact ?? 'serious'], 0);
  // Rules that hold have no impact in the results; they count as `serious`.
  const [held, broken] = [weight(passes.map(() => 'serious')), weight(violations.map(({ impact }) => impact))];
  await context.close();
  return { page: path, transferred, interactiveMs, accessible: (100 * held) / (held + broken) };
}

if (!existsSync(join(site, 'index.html'))) throw new Error(`${site} has no site; build it with npm run docs`);
const given = process.argv.slice(2);
const pages =
  given.length > 0
    ? given
    : ['index.html', 'learn/start.html', 'tour/pixels.html', 'tour/encoder.html', 'playground/index.html'];
const { url, close } = await serveFolder(site);
const browser = await startBrowser();
try {
  console.log('| page | transferred | interactive | accessible |\n|---|---:|---:|---:|');
  for (const path of pages) {
    const { transferred, interactiveMs, accessible } = await visit(browser, url, path);
    console.log(
      `| ${path} | ${(transferred / 1e3).toFixed(0)} kB | ${(interactiveMs / 1e3).toFixed(2)} s | ${accessible.toFixed(0)} |`,
    );
    const isLate = interactiveMs > LIMITS.interactiveMs;
    if (transferred > LIMITS.transferred || isLate || accessible < LIMITS.accessible) process.exitCode = 1;
  }
} finally {
  await browser.close();
  close();
}
