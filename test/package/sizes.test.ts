import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild, transform } from 'esbuild';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack from 'webpack';
import { layOutPackage, ROOT } from '../browser/site.js';

/** Programs by their imports, and their maximum size, minified, in bytes. */
const PROGRAMS = {
  errors: ["import { InvalidInputError } from 'fourm/errors'; console.log(InvalidInputError)", 2_000],
  'word-piece': ["import { loadWordPiece } from 'fourm/tokenizers'; console.log(loadWordPiece)", 20_000],
  toybox: ["import { toyboxSample } from 'fourm/toybox'; console.log(toyboxSample)", 30_000],
  media: ["import { decodeImage, encodePng } from 'fourm/media'; console.log(decodeImage, encodePng)", 40_000],
  'caption-metric': ["import { CaptionMetric } from 'fourm/evaluation'; console.log(CaptionMetric)", 10_000],
  modalities: ["import { publishedModalities } from 'fourm/modalities'; console.log(publishedModalities)", 20_000],
  masking: ["import { maskSpans } from 'fourm/masking'; console.log(maskSpans)", 10_000],
} as const;

type Bundler = (entry: string) => Promise<string>;

const minified = async (code: string) => (await transform(code, { minify: true, format: 'esm' })).code;

const BUNDLERS: Record<string, Bundler> = {
  async esbuild(entry) {
    const options = { bundle: true, minify: true, format: 'esm', platform: 'browser', write: false } as const;
    return (await esbuild({ entryPoints: [entry], ...options })).outputFiles[0]!.text;
  },
  async Rollup(entry) {
    const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })], logLevel: 'silent' });
    const { output } = await bundle.generate({ format: 'es' });
    return minified(output.map((file) => ('code' in file ? file.code : '')).join('\n'));
  },
  async Vite(entry) {
    const built = await vite({
      root: join(entry, '..'),
      configFile: false,
      logLevel: 'silent',
      build: { write: false, modulePreload: false, rollupOptions: { input: entry } },
    });
    if (!('output' in built)) throw new Error('Vite watches');
    return built.output.map((file) => ('code' in file ? file.code : '')).join('\n');
  },
  async webpack(entry) {
    const path = `${entry}.webpack`;
    const compiler = webpack({ mode: 'production', entry, output: { path, filename: 'out.js' } });
    await new Promise<void>((resolve, reject) => {
      compiler.run((error, stats) => {
        const failure = error ?? (stats!.hasErrors() ? new Error(stats!.toString()) : undefined);
        if (failure) reject(failure);
        else resolve();
      });
    });
    return readFile(join(path, 'out.js'), 'utf8');
  },
};

let folder: string;
const entry = (name: string) => join(folder, `${name}.mjs`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-sizes-'));
  await layOutPackage(join(folder, 'node_modules/fourm'));
  for (const [name, [contents]] of Object.entries(PROGRAMS)) await writeFile(entry(name), contents);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(Object.entries(BUNDLERS))('%s', (_, bundle) => {
  test.each(Object.entries(PROGRAMS))('brings little with %s', async (name, [, maxBytes]) => {
    const code = await bundle(entry(name));
    expect(code.length).toBeLessThanOrEqual(maxBytes);
    expect(code.length).toBeGreaterThan(100);
    expect(code).not.toMatch(/tensorflow|WEBGL|setBackend/);
  });
});

test('every subpath exports the public API of its folder, with types', async () => {
  const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  for (const [subpath, target] of Object.entries<{ types: string; default: string }>(exports)) {
    if (subpath === './package.json') continue;
    expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'));
    await readFile(join(ROOT, target.default.replace('./dist/', '').replace(/\.js$/, '.ts')));
  }
});
