import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeInBrowser } from '../cannot-run.js';
import { sendRange, tagOf } from '../hub/hub-server.js';
import { startBrowser } from './chromium.js';
import { layOutPackage, layOutPage, layOutWasm, ROOT } from './site.js';

interface Used {
  readonly tokens: number[];
  readonly size: number;
}

declare global {
  var useModel: (cache?: boolean) => Promise<Used>;
  var clear: () => Promise<number>;
  var damage: () => Promise<void>;
}

const PAGE = `
  import { cacheSize, clearCache, loadModel, toybox, useBackend } from 'fourm';
  globalThis.useModel = async (cache) => {
    await useBackend('wasm', { wasmPath: '/wasm/', cache: cache !== false });
    const model = await loadModel('/model/', { cache });
    const { rgb } = toybox.toyboxSample(3);
    const { depth } = await model.generate({ rgb }, { to: ['depth'], seed: 1, decoding: { depth: { steps: 1 } } });
    await model.dispose();
    return { tokens: [...depth.tokens], size: await cacheSize() };
  };
  globalThis.clear = async () => (await clearCache(), cacheSize());
  /** Flips a bit of everything that is kept, save records. */
  globalThis.damage = async () => {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        if (request.url.endsWith('.json')) continue;
        const response = await cache.match(request);
        const bytes = new Uint8Array(await response.arrayBuffer());
        bytes[bytes.length >> 1] ^= 16;
        await cache.put(request, new Response(bytes, { headers: response.headers }));
      }
    }
  };
`;

describeInBrowser('what a page keeps', () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let page: Page;
  /** Bytes sent, by the first part of the path. */
  let sent: Record<string, number>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fourm-page-cache-'));
    await layOutPackage(join(folder, 'node_modules/fourm'));
    await layOutWasm(join(folder, 'wasm'));
    await layOutPage(folder, PAGE);
    await symlink(join(ROOT, 'models/toybox'), join(folder, 'model'));
    server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url!, 'http://localhost');
      const data = await readFile(join(folder, pathname === '/' ? 'index.html' : pathname)).catch(() => undefined);
      if (!data) return void response.writeHead(404).end();
      const type = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' }[pathname.split('.').at(-1)!];
      response.setHeader('content-type', type ?? (pathname === '/' ? 'text/html' : 'application/octet-stream'));
      response.setHeader('cache-control', 'no-store');
      const tag = tagOf(data).slice(0, 16);
      if (request.headers['if-none-match'] === `"${tag}"`) return void response.writeHead(304).end();
      sendRange(request, response, data, tag);
      const part = pathname.split('/')[1]!;
      sent[part] = (sent[part] ?? 0) + Number(response.getHeader('content-length'));
    });
    await new Promise<void>((listening) => server.listen(0, 'localhost', listening));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  beforeEach(async () => {
    sent = {};
    const context = await browser.newContext();
    page = await context.newPage();
    await open();
  });

  async function open(): Promise<void> {
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'useModel' in globalThis);
  }

  test('cached blocks and the wasm module are not fetched again; damaged blocks are', async () => {
    const first = await page.evaluate(() => globalThis.useModel());
    const [model, wasm] = [sent.model!, sent.wasm!];
    expect(first.size).toBeGreaterThanOrEqual(wasm);
    sent = {};
    await open();
    const second = await page.evaluate(() => globalThis.useModel());
    expect(second).toEqual(first);
    expect(sent.wasm).toBeUndefined();
    expect(sent.model).toBeLessThan(model / 20);
    await page.evaluate(() => globalThis.damage());
    sent = {};
    await open();
    expect(await page.evaluate(() => globalThis.useModel())).toEqual(first);
    expect(sent.wasm).toBe(wasm);
    expect(sent.model).toBeGreaterThan(model / 2);
  });

  test('can be cleared, and is nothing where the page does not want it', async () => {
    await page.evaluate(() => globalThis.useModel());
    expect(await page.evaluate(() => globalThis.clear())).toBe(0);
    await open();
    expect((await page.evaluate(() => globalThis.useModel(false))).size).toBe(0);
  });
});
