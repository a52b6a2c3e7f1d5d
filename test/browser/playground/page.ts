/** The built playground in a browser: for the tests of this folder. Each has one page, on which its tests run in order. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { releaseBackend, useBackend } from '../../../backends/index.js';
import { CLIP_FILE, CLIP_ID, MODEL_FILE } from '../../api/loading/published/hub-model.js';
import { describeInBrowser } from '../../cannot-run.js';
import { writeTinyModel } from '../../cli/tiny-model.js';
import { madeOnce } from '../../made-once.js';
import { startBrowser } from '../chromium.js';
import { ROOT, type Site, serveFolder } from '../site.js';

/** Where the page is on its server. */
const PATH = 'below/a/path';

/** The model card of a published model. */
export const CARD = '---\nlicense: other\nlicense_name: sample-code-license\n---\n# A model\n';

/** What is served: the page, and below it `published/`, a small published model, and `all/`, one of all kinds of modality. */
export let folder: string;
export let page: Page;
/** Errors on the console, and requests to other hosts, of the present test. */
export let wrong: string[];
let site: Site;

/** `describe`, with the page. */
export function describePlayground(name: string, tests: () => void): void {
  describeInBrowser(name, () => {
    let browser: Browser;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'fourm-playground-'));
      await cp(await madeOnce('playground', buildPlayground), folder, { recursive: true });
      site = await serveFolder(folder);
      browser = await startBrowser();
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
      page = await context.newPage();
      page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
      page.on('pageerror', (error) => wrong.push(String(error)));
      page.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(site.url) && !/^(data|blob|about):/.test(url)) wrong.push(url);
      });
      // The first of several processes builds for all.
    }, 240_000);
    beforeEach(() => {
      wrong = [];
    });
    afterAll(async () => {
      await browser?.close();
      site?.close();
      if (folder) await rm(folder, { recursive: true });
    });
    tests();
  });
}

async function buildPlayground(target: string): Promise<void> {
  await build({
    configFile: join(ROOT, 'playground/vite.config.ts'),
    build: { outDir: join(target, PATH) },
    logLevel: 'error',
  });
  await writePublishedModel(join(target, PATH, 'published'));
  const all = join(target, PATH, 'all');
  await mkdir(all);
  await useBackend('cpu');
  await writeTinyModel(all);
  await releaseBackend();
  await writeFile(join(all, 'README.md'), '# All kinds of modality\n');
}

/** A small model in the published layout: a checkpoint, its card, and a tokenizer in a folder of its name. */
async function writePublishedModel(target: string): Promise<void> {
  const tokenizer = join(target, CLIP_ID.split('/')[1]!);
  await mkdir(tokenizer, { recursive: true });
  await writeFile(join(target, 'model.safetensors'), MODEL_FILE);
  await writeFile(join(target, 'README.md'), CARD);
  await writeFile(join(tokenizer, 'model.safetensors'), CLIP_FILE);
}

/**
 * Opens the page anew.
 *
 * @param state   its address after the `#`
 * @param options its address after the `?`
 */
export async function open(state = '', options: Readonly<Record<string, string>> = {}): Promise<void> {
  await page.goto('about:blank');
  const query = new URLSearchParams({ backend: 'wasm', ...options });
  await page.goto(`${site.url}${PATH}/?${query}${state && `#${state}`}`);
  await page.locator('#generate:enabled').or(page.locator('#status.failed')).first().waitFor();
}

export async function generate(): Promise<void> {
  // Of a short generation only the end may be seen, and it must not be that of the one before.
  await page.locator('#status').evaluate((status) => {
    status.textContent = '';
  });
  await page.locator('#generate:enabled').click();
  await finished();
}

/** Waits for the end of a generation. */
export const finished = () => page.locator('#status', { hasText: /^Done/ }).waitFor();

/** Describes a model in the form. @param id a repository, or an address from the page on */
export async function describeModel(id: string): Promise<void> {
  await page.locator('#model-choice summary').click();
  await page.locator('#model-id').fill(id);
  await page.getByRole('button', { name: 'Describe it' }).click();
  await page.locator('#model-use:enabled').waitFor();
}

/** What axe finds wrong with a part of the page. */
export async function axeFinds(part: string): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const { violations } = (await page.evaluate(`${axe}; axe.run(${JSON.stringify(part)})`)) as AxeResults;
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
