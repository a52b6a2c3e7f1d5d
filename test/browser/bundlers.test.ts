import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { rollup } from 'rollup';
import { createServer, type InlineConfig } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack from 'webpack';
import type { BackendName } from '../../src/index.js';
import { describeInBrowser } from '../cannot-run.js';
import { startBrowser } from './chromium.js';
import { layOutPackage, layOutWasm } from './site.js';

declare global {
  var describeBackend: (name: BackendName) => Promise<string>;
}

const PAGE = `
  import { useBackend } from 'fourm';
  globalThis.describeBackend = (name) =>
    useBackend(name, { wasmPath: '/wasm' }).then(({ description }) => description, (error) => error.message);
`;
/** Packages for Node only, which bundlers of a page must not resolve. */
const OPTIONAL = ['webgpu', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-bundlers-'));
  await layOutPackage(join(folder, 'node_modules/fourm'));
  await layOutWasm(join(folder, 'public/wasm'));
  await writeFile(join(folder, 'page.mjs'), PAGE);
  await writeFile(join(folder, 'index.html'), '<!doctype html><script type="module" src="page.mjs"></script>');
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('no bundler takes optional packages in', () => {
  const trap = (name: string) => join(folder, 'node_modules', name);

  beforeAll(async () => {
    for (const name of OPTIONAL) {
      await mkdir(trap(name), { recursive: true });
      await writeFile(join(trap(name), 'package.json'), JSON.stringify({ name, version: '9.9.9', main: 'index.js' }));
      await writeFile(join(trap(name), 'index.js'), `module.exports = 'trapped';`);
    }
  });
  // Where they are missing, a bundler that looks for them fails.
  afterAll(async () => {
    for (const name of OPTIONAL) await rm(trap(name), { recursive: true });
  });

  test('esbuild', async () => {
    const options = { bundle: true, format: 'esm', platform: 'browser', write: false } as const;
    const { outputFiles } = await esbuild({ entryPoints: [join(folder, 'page.mjs')], ...options });
    expect(outputFiles[0]!.text).toContain('describeBackend');
    expect(outputFiles[0]!.text).not.toContain('trapped');
  });

  test.each([true, false])('Rollup (for browsers: %s)', async (browser) => {
    const input = join(folder, 'page.mjs');
    // tfjs is CommonJS in part, which is not what this is about.
    const external = (id: string) => /^(@tensorflow\/tfjs-(core|backend)|node:)/.test(id);
    const bundle = await rollup({ input, external, plugins: [nodeResolve({ browser })], logLevel: 'silent' });
    const { output } = await bundle.generate({ format: 'es' });
    const code = output.map((file) => ('code' in file ? file.code : '')).join('\n');
    expect(code).toContain('describeBackend');
    expect(code).not.toContain('trapped');
  });

  test.each(['web', 'node20'])('webpack (target %s)', async (target) => {
    const compiler = webpack({
      mode: 'development',
      devtool: false,
      target,
      entry: join(folder, 'page.mjs'),
      output: { path: join(folder, `webpack-${target}`) },
      externals: [/^@tensorflow\/tfjs-(core|backend)/],
    });
    const { errors, warnings, modules } = await new Promise<webpack.StatsCompilation>((resolve, reject) => {
      compiler.run((error, stats) => (error ? reject(error) : resolve(stats!.toJson({ modules: true }))));
    });
    expect(errors).toEqual([]);
    expect(warnings).toEqual([]);
    const taken = modules!
      .map(({ name }) => name ?? '')
      .filter((name) => /node_modules\/(webgpu|@tensorflow\/tfjs-node)/.test(name));
    expect(modules!.length).toBeGreaterThan(10);
    expect(taken).toEqual([]);
  });
});

describeInBrowser("Vite's development server", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  // As docs/browser.md has it.
  const include = ['fourm > @tensorflow/tfjs-core', 'fourm > @tensorflow/tfjs-backend-wasm'];

  test.each<[string, InlineConfig['optimizeDeps']]>([
    ['as it is', {}],
    ['with fourm left as it is', { exclude: ['fourm'], include }],
  ])(
    '%s',
    async (name, optimizeDeps) => {
      const server = await createServer({
        root: folder,
        configFile: false,
        logLevel: 'silent',
        cacheDir: join(folder, `vite ${name}`),
        server: { port: 0, host: 'localhost', ws: false },
        optimizeDeps,
      });
      await server.listen();
      try {
        const page = await browser.newPage();
        await page.goto(server.resolvedUrls!.local[0]!);
        await page.waitForFunction(() => 'describeBackend' in globalThis);
        const describeBackend = (name: BackendName) => page.evaluate((name) => globalThis.describeBackend(name), name);
        expect(await describeBackend('wasm')).toMatch(/^WebAssembly with (relaxed )?SIMD/);
        expect(await describeBackend('webgpu')).not.toMatch(/^backend 'webgpu' needs/);
        expect(await describeBackend('node')).toMatch(/is for Node$/);
        await page.close();
      } finally {
        await server.close();
      }
    },
    120_000,
  );
});
