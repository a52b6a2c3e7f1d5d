/** The pages of the built site in a browser: they open, their figures run, and they are accessible. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, posix } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBrowser } from '../browser/chromium.js';
import { type Site, serveFolder } from '../browser/site.js';
import { describeInBrowser } from '../cannot-run.js';
import { open, SITE } from './open.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const files = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.html') && !path.startsWith('playground/'),
);
const chapters = files.filter((path) => /^tour\/(?!index)/.test(path));

/** Violations that axe finds in a page, or a part of it, one line each. */
async function violations(page: Page, part = 'html'): Promise<string[]> {
  await page.evaluate(axe);
  const { violations: found } = (await page.evaluate(`axe.run(${JSON.stringify(part)})`)) as AxeResults;
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
  );
}

const isTooWide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

/** The page of a link, and its anchor. @returns undefined for links to other sites */
function target(from: string, link: string): { path: string; anchor: string } | undefined {
  if (/^[a-z]+:/.test(link) || link.startsWith('/playground/')) return undefined;
  const [file = '', anchor = ''] = decodeURIComponent(link.replaceAll('&amp;', '&')).split('#');
  if (file === '') return { path: from, anchor };
  const path = file.startsWith('/') ? file.slice(1) : posix.join(posix.dirname(from), file);
  if (path === '' || path === '.' || path.endsWith('/')) return { path: posix.join(path, 'index.html'), anchor };
  return { path: path.endsWith('.html') ? path : `${path}.html`, anchor };
}

it('no link leads nowhere', () => {
  const pages = new Map(files.map((path) => [path, readFileSync(join(SITE, path), 'utf8')]));
  const dead = [...pages].flatMap(([from, html]) =>
    Array.from(html.matchAll(/<a [^>]*?href="([^"]+)"/g), ([, link]) => link!)
      .filter((link) => {
        const to = target(from, link);
        if (!to) return false;
        const page = pages.get(to.path);
        return page === undefined || (to.anchor !== '' && !page.includes(`id="${to.anchor}"`));
      })
      .map((link) => `${from} → ${link}`),
  );
  expect(files.length).toBeGreaterThan(400);
  expect(dead).toEqual([]);
});

describeInBrowser('in a browser', () => {
  let site: Site;
  let browser: Browser;
  beforeAll(async () => {
    site = await serveFolder(SITE);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  it('there are the chapters of the tour', () => {
    expect(chapters).toHaveLength(15);
  });

  it.each(chapters)('the figure of %s runs', async (path) => {
    const { page, complaints, close } = await open(browser, site.url + path);
    const figure = page.locator('figure.live');
    // Nothing of it is loaded before it is seen.
    await figure.scrollIntoViewIfNeeded();
    await figure.locator('canvas, svg, [role=alert]').first().waitFor({ timeout: 40_000 });
    expect(await figure.locator('[role=alert]').allTextContents()).toEqual([]);
    expect(await violations(page, 'figure.live')).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it.each([
    'index.html',
    'learn/start.html',
    'tour/encoder.html',
    'learn/papers.html',
    'reference/fourm/namespaces/masking.html',
    'source/src/masking/masking.ts.html',
  ])('%s is accessible, in light, and in the dark on a phone', async (path) => {
    for (const options of [
      { colorScheme: 'light' },
      { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
    ] as const) {
      const { page, complaints, close } = await open(browser, site.url + path, options);
      expect(await isTooWide(page)).toBe(false);
      expect(await violations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    }
  });

  it.each([
    'reference/fourm/index.html',
    'learn/gallery.html',
    'glossary.html',
    'checkpoints.html',
    'performance.html',
    'spec/index.html',
  ])('%s opens', async (path) => {
    const { page, complaints, close } = await open(browser, site.url + path, {
      viewport: { width: 390, height: 844 },
    });
    expect(await isTooWide(page)).toBe(false);
    expect(complaints).toEqual([]);
    await close();
  });

  it('chapters fit a phone, in the dark', async () => {
    for (const path of ['tour/words.html', 'tour/orders.html', 'tour/memcodes.html']) {
      const { page, complaints, close } = await open(browser, site.url + path, {
        colorScheme: 'dark',
        viewport: { width: 390, height: 844 },
      });
      await page.locator('figure.live').scrollIntoViewIfNeeded();
      await page.locator('figure.live').locator('canvas, svg').first().waitFor({ timeout: 40_000 });
      expect(await isTooWide(page)).toBe(false);
      expect(await violations(page, 'figure.live')).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    }
  });

  it('a cell is picked by the keyboard', async () => {
    const { page, close } = await open(browser, `${site.url}tour/patches.html`);
    const figure = page.locator('figure.live');
    await figure.scrollIntoViewIfNeeded();
    const readout = figure.locator('.readout');
    await readout.waitFor();
    const picture = figure.getByRole('slider');
    await picture.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    expect(await picture.getAttribute('aria-valuetext')).toBe('row 5, column 5');
    expect(await readout.textContent()).toContain('Token 36');
    await close();
  });

  it('another scene changes the figure', async () => {
    const { page, close } = await open(browser, `${site.url}tour/pixels.html`);
    const figure = page.locator('figure.live');
    await figure.scrollIntoViewIfNeeded();
    const caption = figure.getByText('Caption:');
    const before = await caption.textContent();
    await figure.getByRole('button', { name: 'Next scene' }).click();
    await expect.poll(() => caption.textContent()).not.toBe(before);
    await close();
  });

  it('steps of ROAR fill the grid', async () => {
    const { page, complaints, close } = await open(browser, `${site.url}tour/roar-step.html`);
    const figure = page.locator('figure.live');
    await figure.scrollIntoViewIfNeeded();
    await figure.getByText('4 of 64 tokens known').waitFor();
    await figure.getByRole('button', { name: 'Take a step' }).click();
    await figure.getByText('8 of 64 tokens known').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('the small model learns', async () => {
    const { page, complaints, close } = await open(browser, `${site.url}tour/training.html`);
    const figure = page.locator('figure.live');
    await figure.scrollIntoViewIfNeeded();
    await figure.getByRole('button', { name: 'Train from nothing' }).click();
    const loss = async () => Number(/loss ([\d.]+)/.exec((await figure.locator('.readout').textContent())!)?.[1]);
    await figure.getByText(/Step 1\d of/).waitFor();
    const first = await loss();
    await figure.getByText(/Step 3\d of/).waitFor();
    expect(await loss()).toBeLessThan(first);
    await figure.getByRole('button', { name: 'Stop' }).click();
    await figure.getByRole('button', { name: 'Train from nothing' }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('a server without the model is an error in a sentence', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route('**/models/**', (route) => route.fulfill({ status: 503 }));
    await page.goto(`${site.url}tour/encoder.html`);
    const figure = page.locator('figure.live');
    await figure.scrollIntoViewIfNeeded();
    await expect
      .poll(() => figure.getByRole('alert').textContent())
      .toMatch(/model\.safetensors cannot be loaded: the server responded with 503/);
    await context.close();
  });

  it('finds words without a server', async () => {
    const { page, complaints, close } = await open(browser, `${site.url}learn/start.html`);
    const field = page.locator('#localsearch-input');
    // The key does nothing until the page's script runs.
    await expect
      .poll(async () => {
        await page.keyboard.press('Control+k');
        return field.isVisible();
      })
      .toBe(true);
    await field.fill('memcodes');
    await page.locator('.VPLocalSearchBox .results a').first().waitFor();
    expect(await page.locator('.VPLocalSearchBox .results').textContent()).toMatch(/Memcodes/);
    expect(complaints).toEqual([]);
    await close();
  });
});
