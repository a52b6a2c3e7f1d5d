import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundlePath } from '../../scripts/gradients.mjs';
import type { Backend, BackendName } from '../../src/index.js';
import * as fourm from '../../src/index.js';
import { writeTinyModel } from '../cli/tiny-model.js';
import { expectClose } from '../vectors.js';
import { generateTokens, runSmallModels } from './programs.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WASM_BINARIES = join(ROOT, 'node_modules/@tensorflow/tfjs-backend-wasm/wasm-out');
const CHROMIUM = process.env.FOURM_CHROMIUM ?? '/usr/bin/chromium';

/** What the page has to give. */
interface Run {
  readonly backend: Backend;
  readonly numbers: Record<string, number[]>;
}

declare global {
  var run: (backend: BackendName) => Promise<Run>;
  var generate: () => Promise<Record<string, number[]>>;
}

/** The page's own code: what a user of the package would write. */
const PAGE = `
  import * as fourm from 'fourm';
  import { generateTokens, runSmallModels } from ${JSON.stringify(join(ROOT, 'test/browser/programs.ts'))};
  globalThis.run = async (name) => {
    const backend = await fourm.useBackend(name, { wasmPath: '/wasm/' });
    return { backend, numbers: await runSmallModels(fourm) };
  };
  globalThis.generate = async () => {
    await fourm.useBackend('wasm', { wasmPath: '/wasm/' });
    return generateTokens(fourm, new URL('/model', location.href).href);
  };
`;

let folder: string;
let server: Server;
let browser: Browser;
let page: Page;
let bundle: Metafile;
let expected: Record<string, number[]>;
const pageErrors: string[] = [];

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) {
    throw new Error(
      `This test needs Chromium at ${CHROMIUM}. On Debian: apt-get install chromium. ` +
        'Elsewhere, give the path of a Chrome or Chromium in the environment variable FOURM_CHROMIUM.',
    );
  }
  folder = await mkdtemp(join(tmpdir(), 'fourm-page-'));
  await layOutPackage(join(folder, 'node_modules/fourm'));
  bundle = await bundlePage();
  server = await serve();
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-quic'],
  });
  page = await browser.newPage();
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);

  await page.waitForFunction(() => 'run' in globalThis);

  await fourm.useBackend('cpu');
  expected = await runSmallModels(fourm);
  await writeTinyModel(join(folder, 'model'));
});

afterAll(async () => {
  await browser?.close();
  server?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** The package as it is installed, from the present sources: `package.json` and what it points to. */
async function layOutPackage(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await cp(join(ROOT, 'package.json'), join(target, 'package.json'));
  await symlink(join(ROOT, 'node_modules'), join(target, 'node_modules'));
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/**/*.ts', 'backends/**/*.ts'],
    outbase: '.',
    outdir: join(target, 'dist'),
    target: 'es2022',
  });
  const threads = 'backends/wasm/threads';
  await cp(join(ROOT, threads, 'board.mjs'), join(target, 'dist', threads, 'board.mjs'));
  await mkdir(join(target, 'dist/backends/generated'), { recursive: true });
  await cp(bundlePath, join(target, 'dist/backends/generated/gradients.js'));
}

/** Bundles as any web project would: no shims, nothing external. */
async function bundlePage(): Promise<Metafile> {
  const { metafile } = await build({
    stdin: { contents: PAGE, resolveDir: folder },
    nodePaths: [join(ROOT, 'node_modules')],
    outfile: join(folder, 'page.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    minify: true,
    metafile: true,
    logLevel: 'error',
  });
  return metafile;
}

async function serve(): Promise<Server> {
  const send = createServer(async ({ url = '' }, response) => {
    const path = new URL(url, 'http://localhost').pathname;
    if (path === '/') {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>fourm</title><script type="module" src="page.js"></script>');
    } else if (path === '/page.js') {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(await readFile(join(folder, 'page.js')));
    } else if (path.startsWith('/wasm/')) {
      response.setHeader('Content-Type', 'application/wasm');
      response.end(await readFile(join(WASM_BINARIES, basename(path))));
    } else if (path.startsWith('/model/')) {
      response.end(await readFile(join(folder, 'model', basename(path))));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => send.listen(0, 'localhost', listening));
  return send;
}

describe('in a browser', () => {
  it('the package bundles without Node', () => {
    const outside = Object.values(bundle.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(outside).toEqual([]);
  });

  it.each(['cpu', 'wasm', 'webgpu'] as const)(
    '%s computes what Node computes',
    async (name) => {
      const { backend, numbers } = await page.evaluate((name) => globalThis.run(name), name);
      expect(backend.name).toBe(name);
      expect(Object.keys(numbers)).toEqual(Object.keys(expected));
      for (const [what, values] of Object.entries(expected)) {
        expectClose(numbers[what]!, values, { rtol: 1e-4, atol: 1e-4 }, what);
      }
      expect(pageErrors).toEqual([]);
      // A software adapter compiles shaders for minutes when other processes want the processor.
    },
    300_000,
  );

  it('a model that is fetched generates what Node generates', async () => {
    expect(await page.evaluate(() => globalThis.generate())).toEqual(
      await generateTokens(fourm, join(folder, 'model')),
    );
  });
});
