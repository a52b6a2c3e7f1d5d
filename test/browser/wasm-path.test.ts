import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Backend, BackendName } from '../../src/index.js';
import { describeInBrowser } from '../cannot-run.js';
import { startBrowser } from './chromium.js';
import { layOutPackage, layOutPage, layOutWasm, type Site, serveFolder } from './site.js';

/** `asUrl` gives the path as a `URL` object. */
type Start = (name: BackendName | 'auto', wasmPath?: string, asUrl?: boolean) => Promise<Backend | string>;

declare global {
  var startBackend: Start;
}

const PAGE = `
  import { useBackend } from 'fourm';
  globalThis.startBackend = async (name, wasmPath, asUrl) => {
    const options = wasmPath === undefined ? {} : { wasmPath: asUrl ? new URL(wasmPath, location.href) : wasmPath };
    return useBackend(name, options).catch((error) => error.name + ': ' + error.message);
  };
`;
const MODULE = 'tfjs-backend-wasm-simd.wasm';
const WITHOUT_EVALUATION = { 'Content-Security-Policy': "script-src 'self'" };

describeInBrowser('the modules of wasm', () => {
  let folder: string;
  let site: Site;
  let strict: Site;
  let browser: Browser;
  let page: Page;
  let warnings: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fourm-wasm-path-'));
    await layOutPackage(join(folder, 'node_modules/fourm'));
    await layOutWasm(join(folder, 'wasm'));
    await layOutPage(folder, PAGE);
    site = await serveFolder(folder);
    strict = await serveFolder(folder, WITHOUT_EVALUATION);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
    strict?.close();
    if (folder) await rm(folder, { recursive: true });
  });
  beforeEach(() => open(site));
  afterEach(() => page.close());

  async function open({ url }: Site): Promise<void> {
    await page?.close();
    page = await browser.newPage();
    warnings = [];
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
    // Without WebGPU, `auto` comes to wasm.
    await page.addInitScript(() => Reflect.deleteProperty(Object.getPrototypeOf(navigator), 'gpu'));
    await page.goto(url);
    await page.waitForFunction(() => 'startBackend' in globalThis);
  }

  const start = (...args: Parameters<Start>) =>
    page.evaluate((args: Parameters<Start>) => globalThis.startBackend(...args), args);

  test.each([
    ['/wasm', false],
    ['/wasm/', false],
    ['wasm', false],
    ['./wasm/', true],
    ['/wasm', true],
    ['/wasm?version=2', false],
  ])('are found at %s (as a URL object: %s)', async (wasmPath, asUrl) => {
    expect(await start('auto', wasmPath, asUrl)).toMatchObject({ name: 'wasm' });
  });

  test.each(['auto', 'wasm'] as const)('are named by %s where they are not, and can be given anew', async (name) => {
    const error = await start(name, '/wsam/');
    expect(error).toContain(`BackendUnavailableError: backend 'wasm' needs ${MODULE} of`);
    expect(error).toContain(`in the option wasmPath — ${site.url}wsam/${MODULE} responds with 404`);
    expect(await start(name, '/wasm/')).toMatchObject({ name: 'wasm' });
  });

  test.each([
    ['a server that is busy', { status: 503 }, 'responds with 503'],
    [
      'a page in their place',
      { status: 200, contentType: 'text/html', body: '<p>' },
      'is no WebAssembly but text/html',
    ],
    ['a connection that breaks', undefined, 'cannot be fetched'],
  ])('can be requested again after %s', async (_, answer, message) => {
    await page.route(`**/${MODULE}`, (route) => (answer ? route.fulfill(answer) : route.abort()), { times: 1 });
    expect(await start('auto', '/wasm/')).toContain(message);
    expect(await start('auto', '/wasm/')).toMatchObject({ name: 'wasm' });
  });

  test('that nobody configured are a warning, and slow', async () => {
    expect(await start('auto')).toMatchObject({ name: 'cpu' });
    expect(warnings).toContainEqual(
      expect.stringMatching(/^fourm: auto takes cpu, the slowest backend: .* responds with 404$/),
    );
    expect(await start('auto', '/wasm/')).toMatchObject({ name: 'wasm' });
  });

  test('are not to blame where WebAssembly may not be evaluated', async () => {
    await open(strict);
    const error = await start('wasm', '/wasm/');
    expect(error).toMatch(
      /^BackendUnavailableError: backend 'wasm' needs WebAssembly: .* script-src 'wasm-unsafe-eval' — /,
    );
    expect(error).not.toContain('npm install');
    expect(await start('auto', '/wasm/')).toMatchObject({ name: 'cpu' });
    expect(warnings).toContainEqual(expect.stringContaining("script-src 'wasm-unsafe-eval'"));
  });
});
