// Bundles the page and its worker, and puts beside them what they fetch. `node build.mjs out`, then serve `out`.
import { cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** @param {string} source this folder, or a copy of it @param {string} out */
export async function buildPage(source, out) {
  await mkdir(out, { recursive: true });
  await build({
    absWorkingDir: source,
    entryPoints: ['page.js', 'worker.js'],
    outdir: out,
    bundle: true,
    format: 'esm',
    minify: true,
    logLevel: 'error',
  });
  const require = createRequire(join(source, 'page.js'));
  const fourm = dirname(require.resolve('fourm/package.json'));
  const wasm = dirname(createRequire(join(fourm, 'package.json')).resolve('@tensorflow/tfjs-backend-wasm'));
  await cp(join(source, 'index.html'), join(out, 'index.html'));
  await cp(join(fourm, 'models/toybox'), join(out, 'models/toybox'), { recursive: true });
  await cp(join(wasm, '../wasm-out'), join(out, 'wasm'), {
    recursive: true,
    filter: (path) => !/\.(js|ts|map)$/.test(path),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPage(import.meta.dirname, resolve(process.argv[2] ?? 'out'));
}
