import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEST_BACKENDS } from '../on-backends.js';

const entry = fileURLToPath(new URL('programs/in-browser.ts', import.meta.url));
const wasmFolder = join(
  dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')),
  'dist',
);

const names = TEST_BACKENDS.filter((name) => ['cpu', 'wasm', 'webgpu'].includes(name));

describe.runIf(names.includes('webgpu'))('in a browser (Debian: apt-get install chromium)', () => {
  let server: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      format: 'iife',
      write: false,
      logLevel: 'error',
    });
    server = createServer(async ({ url }, response) => {
      if (url === '/') response.setHeader('content-type', 'text/html').end('<script src="/program.js"></script>');
      else if (url === '/program.js') response.setHeader('content-type', 'text/javascript').end(outputFiles[0]!.text);
      else if (/^\/wasm\/[\w-]+\.wasm$/.test(url!)) {
        response.setHeader('content-type', 'application/wasm').end(await readFile(join(wasmFolder, url!.slice(6))));
      } else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const args = ['--no-sandbox', '--enable-unsafe-webgpu'];
    browser = await chromium.launch({ executablePath: process.env.FOURM_CHROMIUM ?? '/usr/bin/chromium', args });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test.each(names)('%s computes, with gradients', async (name) => {
    const result = await page.evaluate(`gradientOn('${name}', '/wasm/')`);
    expect(result).toEqual({ name, gradient: [158, 274, 266, 482] });
  });
});
