import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeImage } from '../../src/media/decode.js';
import { describeInBrowser } from '../cannot-run.js';
import { startBrowser } from './chromium.js';
import { type Site, serveFolder } from './site.js';
import { layOutWorkers } from './workers.js';

declare global {
  /** Generates depth and a caption, and puts depth on a canvas of the page. @returns both drawings as numbers */
  var showDepth: () => Promise<{ image: number[]; canvas: number[]; blob: number[]; png: number[] }>;
  var saveResults: () => Promise<string[]>;
  /** The type of `toCanvas`, and the error of `save`, in a worker. */
  var inOwnWorker: () => Promise<string>;
}

const GENERATE = `{ rgb: { width: 64, height: 64, channels: 3, data: new Uint8Array(64 * 64 * 3).fill(100) } }, { to: ['depth', 'caption'] }`;
const PAGE = `
  import { loadModelInWorker } from 'fourm/client';
  const worker = () => new Worker('/workers/worker.js', { type: 'module' });
  const results = loadModelInWorker(worker(), '/model/', { backend: 'wasm', wasmPath: '/wasm/' })
    .then((model) => model.generate(${GENERATE}));
  globalThis.showDepth = async () => {
    const { depth } = await results;
    const canvas = depth.toCanvas();
    document.body.append(canvas);
    const rgba = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const bytes = new Uint8Array(await depth.toBlob().arrayBuffer());
    return { image: [...depth.toImage().data], canvas: [...rgba], blob: [...bytes], png: [...depth.toPng()] };
  };
  globalThis.saveResults = async () => {
    const { depth, caption } = await results;
    return [await depth.save('somewhere/depth.png'), await caption.save('caption')];
  };
  globalThis.inOwnWorker = () => new Promise((resolve) => {
    const own = new Worker('/workers/own.js', { type: 'module' });
    own.onmessage = ({ data }) => resolve(data);
  });
`;
const OWN = `
  import { loadModel, useBackend } from 'fourm';
  await useBackend('wasm', { wasmPath: '/wasm/' });
  const model = await loadModel(new URL('/model', location.href).href);
  const { depth } = await model.generate(${GENERATE});
  const canvas = depth.toCanvas();
  const failure = await depth.save('depth.png').catch((error) => error.name);
  postMessage(canvas.constructor.name + ' ' + canvas.width + ' ' + failure);
`;

let folder: string;
let site: Site;
let browser: Browser;

describeInBrowser('results in a page', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fourm-saving-'));
    await layOutWorkers(folder, PAGE, { own: OWN, worker: "import 'fourm/worker';" });
    site = await serveFolder(folder);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  test('become canvases, blobs and downloads', async () => {
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction(() => 'showDepth' in globalThis);
    const { image, canvas, blob, png } = await page.evaluate(() => globalThis.showDepth());
    expect(canvas.filter((_, i) => i % 4 < 3)).toEqual(image);
    expect(canvas.every((value, i) => i % 4 < 3 || value === 255)).toBe(true);
    expect(blob).toEqual(png);
    const downloads: Promise<readonly [string, Buffer]>[] = [];
    page.on('download', (download) => {
      const read = async () => [download.suggestedFilename(), await readFile(await download.path())] as const;
      downloads.push(read());
    });
    expect(await page.evaluate(() => globalThis.saveResults())).toEqual(['somewhere/depth.png', 'caption.txt']);
    await expect.poll(() => downloads.length, { timeout: 10_000 }).toBe(2);
    const files = Object.fromEntries(await Promise.all(downloads));
    expect(Object.keys(files).sort()).toEqual(['caption.txt', 'depth.png']);
    expect([...decodeImage(files['depth.png']!).data]).toEqual(image);
    await page.close();
  });

  test('in a worker of the page become canvases, and are not saved', async () => {
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction(() => 'inOwnWorker' in globalThis);
    expect(await page.evaluate(() => globalThis.inOwnWorker())).toBe('OffscreenCanvas 64 InvalidInputError');
    await page.close();
  });
});
