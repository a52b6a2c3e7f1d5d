/** Builds the playground into out/playground: the page, the model and the `.wasm` files, usable below any path. */
import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { generate } from '../scripts/generated.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const EMPTY = '\0empty';

/** Applies the `browser` field of `package.json` to the sources. */
function replaceModules(): Plugin {
  const { browser } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    browser: Record<string, false | string>;
  };
  const source = (path: string) => join(root, path.replace('./dist/', '').replace(/\.js$/, '.ts'));
  const replaced = new Map(Object.entries(browser).map(([from, to]) => [source(from), to && source(to)]));
  return {
    name: 'fourm:replace-modules',
    enforce: 'pre',
    resolveId(id, importer) {
      if (!importer || !id.startsWith('.')) return undefined;
      const target = join(importer, '..', id.replace(/\.js$/, '.ts'));
      return replaced.has(target) ? replaced.get(target) || EMPTY : undefined;
    },
    load: (id) => (id === EMPTY ? 'export default {};' : undefined),
  };
}

/** Files that the page fetches: served in place in development, copied by a build. */
function fetchedFiles(): Plugin {
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  const folders = { '/models/toybox/': join(root, 'models/toybox'), '/wasm/': join(wasm, 'wasm-out') };
  let out: string;
  return {
    name: 'fourm:fetched-files',
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
    },
    buildStart: () => generate(),
    configureServer({ middlewares }) {
      middlewares.use(({ url = '' }, response, next) => {
        const entry = Object.entries(folders).find(([path]) => url.startsWith(path));
        const name = entry && url.slice(entry[0].length).replace(/\?.*/, '');
        if (!name || !/^[\w.-]+$/.test(name)) return next();
        if (name.endsWith('.wasm')) response.setHeader('Content-Type', 'application/wasm');
        response.end(readFileSync(join(entry[1], name)));
      });
    },
    async closeBundle() {
      for (const [path, folder] of Object.entries(folders)) await cp(folder, join(out, path), { recursive: true });
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [replaceModules(), fetchedFiles()],
  worker: { format: 'es', plugins: () => [replaceModules()] },
  build: { outDir: join(root, 'out/playground'), emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 2000 },
  logLevel: 'warn',
});
