// `npm start` and `npm run fourm`: the command as the sources of this checkout have it, so that a change shows without a build.
// One bundle starts faster than modules that are compiled one by one.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { generateIfStale } from './generated.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// Inside node_modules, where imports of packages resolve. A folder for each process, since several may start at once.
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'fourm-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

await generateIfStale();
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outdir: folder,
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  // As in `src/package-root.ts`, whichever file of the bundle it lands in.
  define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'src/package-root.ts')).href) },
  sourcemap: 'linked',
  logLevel: 'warning',
});
process.setSourceMapsEnabled(true);
await import(pathToFileURL(join(folder, 'main.js')).href);
