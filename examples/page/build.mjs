// Bundles the page and its worker, and copies the files that they fetch: `node build.mjs out`, then serve the folder `out`.
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const out = process.argv[2] ?? 'out';
const source = fileURLToPath(new URL('.', import.meta.url));
const fourm = createRequire(import.meta.url).resolve('fourm/package.json');
const wasm = createRequire(fourm).resolve('@tensorflow/tfjs-backend-wasm/package.json');

await build({
  entryPoints: [join(source, 'page.js'), join(source, 'worker.js')],
  outdir: out,
  bundle: true,
  format: 'esm',
  minify: true,
});
await cp(join(source, 'index.html'), join(out, 'index.html'));
await cp(join(dirname(fourm), 'models/toybox'), join(out, 'models/toybox'), { recursive: true });
await cp(join(dirname(wasm), 'wasm-out'), join(out, 'wasm'), { recursive: true });
