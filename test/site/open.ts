/** Opens pages of the built site, and notes what they must not do. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { ROOT } from '../browser/site.js';

/** Where `npm run docs` builds the site. */
export const SITE = join(ROOT, 'out/site');
if (!existsSync(join(SITE, 'index.html'))) throw new Error(`${SITE} has no site; build it with npm run docs`);

/** A page, and the complaints of its console and its requests to other hosts so far. */
export interface Opened {
  readonly page: Page;
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Opens a page in a window of its own. @param url of the page, on the host that is served */
export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error}`));
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (/^https?:$/.test(protocol) && host !== new URL(url).host) complaints.push(`request to ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
  });
  await page.goto(url, { waitUntil: 'load' });
  return { page, complaints, close: () => context.close() };
}
