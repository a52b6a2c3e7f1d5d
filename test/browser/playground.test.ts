import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import type { Browser, Page, Request } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { encodePng } from '../../src/media/encode.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { CLIP_FILE, CLIP_ID, MODEL_FILE } from '../api/loading/published/hub-model.js';
import { describeInBrowser } from '../cannot-run.js';
import { writeTinyModel } from '../cli/tiny-model.js';
import { startBrowser } from './chromium.js';
import { expectToLookAs } from './screenshots.js';
import { ROOT, type Site, serveFolder } from './site.js';

let folder: string;
let site: Site;
let browser: Browser;
let page: Page;
/** Errors on the console, and requests to other hosts. */
let wrong: string[];

/** Opens the page anew. @param state its address after the `#` */
async function open(state = '', backend: 'wasm' | 'webgpu' = 'wasm'): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${site.url}below/a/path/?backend=${backend}${state && `#${state}`}`);
  await page.locator('#generate:enabled').or(page.locator('#status.failed')).first().waitFor();
}

async function generate(): Promise<void> {
  await page.locator('#generate:enabled').click();
  await page.locator('#stop:enabled').waitFor();
  await finished();
}

const finished = () => page.locator('#status', { hasText: /^Done/ }).waitFor();

/** Sizes and colour schemes that pictures of the page are kept of. */
const SCREENS = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { name: `desktop-${colorScheme}`, colorScheme, width: 1280, height: 900 },
  { name: `phone-${colorScheme}`, colorScheme, width: 390, height: 844 },
]);

/** A small model in the published layout: a checkpoint, its card, and a tokenizer in a folder of its name. */
async function writePublishedModel(target: string): Promise<void> {
  const tokenizer = join(target, CLIP_ID.split('/')[1]!);
  await mkdir(tokenizer, { recursive: true });
  await writeFile(join(target, 'model.safetensors'), MODEL_FILE);
  await writeFile(
    join(target, 'README.md'),
    '---\nlicense: other\nlicense_name: sample-code-license\n---\n# A model\n',
  );
  await writeFile(join(tokenizer, 'model.safetensors'), CLIP_FILE);
}

/** The tokens of the shown captions. */
const captions = () => page.locator('.words').allTextContents();

describeInBrowser('the playground', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fourm-playground-'));
    await build({
      configFile: join(ROOT, 'playground/vite.config.ts'),
      build: { outDir: join(folder, 'below/a/path') },
      logLevel: 'error',
    });
    await writePublishedModel(join(folder, 'below/a/path/published'));
    const all = join(folder, 'below/a/path/all');
    await mkdir(all);
    await useBackend('cpu');
    await writeTinyModel(all);
    await releaseBackend();
    await writeFile(join(all, 'README.md'), '# All kinds of modality\n');
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
  });
  beforeEach(() => {
    wrong = [];
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
    if (folder) await rm(folder, { recursive: true });
  });

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
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = (await page.evaluate(`${axe}; axe.run()`)) as AxeResults;
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
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

  test('WebGPU generates what wasm does', async () => {
    const request = 'in=rgb&out=caption&scene=11';
    const ids = () => page.locator('.token').evaluateAll((all) => all.map(({ textContent }) => textContent));
    await open(request);
    await finished();
    const expected = await ids();
    page.setDefaultTimeout(280_000);
    await open(request, 'webgpu');
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

  test('each output has settings, and they are compared with others', async () => {
    await open('in=rgb&out=depth,normal');
    await finished();
    await page.getByRole('button', { name: 'Compare with other settings' }).click();
    await page.locator('#second details', { hasText: 'depth' }).locator('summary').click();
    const depth = page.locator('#second').getByRole('group', { name: 'depth' });
    await depth.getByLabel('Order').selectOption('roar');
    await depth.getByLabel('Steps').fill('5');
    await depth.getByLabel('Temperature').fill('1');
    await generate();
    expect(await page.locator('#status').textContent()).toContain('after 2 and 6 steps');
    expect(await page.locator('.sample').count()).toBe(2);
    const address = page.url().split('#')[1]!;
    const query = new URLSearchParams(address);
    expect(query.get('second.decoding.depth')).toBe('method:roar,steps:5,temperature:1');
    expect(query.has('decoding.depth')).toBe(false);
    const code = await page.locator('#code code').textContent();
    expect(code).toContain('decoding: {"depth":{"method":"roar","steps":5,"temperature":1}}');
    await page.locator('#step').fill('3');
    const counts = page.locator('.card', { hasText: 'depth' }).locator('.note');
    expect(await counts.allTextContents()).toEqual(['64 of 64 tokens', '39 of 64 tokens']);
    await open(address);
    await finished();
    expect(page.url()).toContain(address);
    expect(wrong).toEqual([]);
  });

  test('a text is edited, another guides away from it, and both are in the address and in the code', async () => {
    await open('in=caption&out=depth&seed=1&decoding.depth=steps:2');
    await finished();
    await page.locator('#texts textarea').fill('a small blue box');
    await page.getByRole('button', { name: 'Add a condition' }).click();
    const condition = page.getByRole('group', { name: 'Condition' });
    await condition.getByLabel('Condition').selectOption('caption');
    await condition.getByLabel('Text').fill('a big red ball');
    await condition.getByLabel('Weight').fill('-0.5');
    await generate();
    const query = new URLSearchParams(page.url().split('#')[1]);
    expect(Object.fromEntries(query)).toMatchObject({
      'text.caption': 'a small blue box',
      condition: 'caption:-0.5:a big red ball',
    });
    const code = await page.locator('#code code').textContent();
    expect(code).toContain('caption: "a small blue box"');
    expect(code).toContain('conditions: [{ inputs: { caption: "a big red ball" }, weight: -0.5 }]');
    expect(wrong).toEqual([]);
  });

  test('a drawing on the picture is an input, and in the address', async () => {
    await open('in=rgb&out=semseg&scene=7');
    await finished();
    await page.locator('#picture').click({ position: { x: 20, y: 20 } });
    await generate();
    const address = page.url().split('#')[1]!;
    expect(new URLSearchParams(address).get('strokes')).toMatch(/^d02020:\d+,\d+$/);
    const pixels = () => page.locator('#picture').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const drawn = await pixels();
    await open(address);
    expect(await pixels()).toBe(drawn);
    await finished();
    await page.locator('#clear').click();
    expect(await pixels()).not.toBe(drawn);
    expect(page.url()).not.toContain('strokes');
    expect(wrong).toEqual([]);
  });

  test('tokens can be read with the keyboard', async () => {
    await page.locator('.card canvas[tabindex]').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#token').textContent()).toMatch(
      /position 1: token \d+, probability [01]\.\d{3}, generated in step \d+$/,
    );
  });

  test('a token shows its entry in the codebook, its alternatives, and its attention to the inputs', async () => {
    const panel = page.locator('#token-panel');
    await panel.locator('.code canvas').waitFor();
    const shares = await panel.locator('.share').allTextContents();
    expect(shares).toHaveLength(6);
    const values = shares.map((text) => Number.parseFloat(text));
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(await panel.locator('.maps canvas').first().getAttribute('aria-label')).toMatch(
      /^Attention to rgb, highest in row \d/,
    );
    expect(wrong).toEqual([]);
  });

  test('the masks of a training sample are drawn anew, and the same for the same seed', async () => {
    await page.locator('#masks summary').click();
    const drawn = page.locator('#masks-drawn figcaption');
    await drawn.first().waitFor();
    const form = page.locator('#masks-form');
    await form.getByLabel('Component').selectOption({ index: 1 });
    await form.getByLabel('Inputs').fill('40');
    const first = await drawn.allTextContents();
    expect(first[0]).toBe('rgb@64: 40 input, 0 target');
    const pictures = () =>
      page
        .locator('#masks-drawn canvas')
        .evaluateAll((all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
    const before = await pictures();
    await form.getByRole('button', { name: 'Draw anew' }).click();
    expect(await form.getByLabel('Seed').inputValue()).toBe('1');
    expect(await pictures()).not.toEqual(before);
    await form.getByLabel('Seed').fill('0');
    expect(await pictures()).toEqual(before);
    expect(wrong).toEqual([]);
  });

  test('a picture that is uploaded is an input; a file that is none is an error in a sentence', async () => {
    await open();
    const buffer = Buffer.from(encodePng(toyboxSample(5, { people: false }).rgb));
    await page.setInputFiles('#upload', { name: 'own.png', mimeType: 'image/png', buffer });
    await page.locator('#picture-note', { hasText: 'own.png' }).waitFor();
    await generate();
    await page.setInputFiles('#upload', { name: 'no.png', mimeType: 'image/png', buffer: Buffer.from('nothing') });
    await page.locator('#status.failed', { hasText: /^'no\.png' is not a picture .*\.$/ }).waitFor();
    expect(wrong).toEqual([]);
  });

  test('a published checkpoint is described, and then used, by ranges; what is kept is shown and deleted', async () => {
    await open('in=rgb&out=depth');
    await finished();
    const ranges: string[] = [];
    const note = (request: Request) => {
      const { range } = request.headers();
      if (request.url().includes('/published/') && range) ranges.push(range);
    };
    page.on('request', note);
    await page.locator('#model-choice summary').click();
    await page.locator('#model-id').fill('published/');
    await page.getByRole('button', { name: 'Describe it' }).click();
    await page.locator('#model-use:enabled').waitFor();
    const isWide = await page.locator('#controls').evaluate((form) => form.scrollWidth > form.clientWidth);
    expect(isWide, 'a long address is wider than the form').toBe(false);
    const plan = await page.locator('#model-plan').textContent();
    expect(plan).toContain('published/ has 7 modalities.');
    expect(plan).toMatch(/model\.safetensors \(\d+\.\d MB\), only the parts that a request needs/);
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

  test('a palette is edited by its colours, in a model of all kinds of modality', async () => {
    await open();
    await page.locator('#model-choice summary').click();
    await page.locator('#model-id').fill('all/');
    await page.getByRole('button', { name: 'Describe it' }).click();
    await page.locator('#model-use:enabled').click();
    await page.locator('#inputs').getByText('color_palette', { exact: true }).click();
    const colours = page.locator('#texts input[type=color]');
    const count = await colours.count();
    await colours.first().fill('#ff0080');
    const text = await page.locator('#texts textarea').inputValue();
    expect(text).toMatch(new RegExp(`^v1=${count} v0=255 v0=0 v0=128\\b`));
    expect(new URLSearchParams(page.url().split('#')[1]).get('text.color_palette')).toBe(text);
    expect(wrong).toEqual([]);
  });

  test('a request that the model refuses is an error in a sentence', async () => {
    await open('in=rgb&out=');
    await page.locator('#status.failed', { hasText: /^No targets; .*\.$/ }).waitFor();
    expect(wrong).toEqual([]);
  });
});
