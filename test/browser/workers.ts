/** Sites for tests whose scripts run a model in workers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { writeTinyModel } from '../cli/tiny-model.js';
import { layOutPackage, layOutPage, layOutWasm } from './site.js';

/**
 * Lays out a site whose page runs scripts in workers: the package, wasm, a model that has learned nothing, the page, and the bundled
 * scripts as `/workers/<name>.js`.
 */
export async function layOutWorkers(
  folder: string,
  page: string,
  scripts: Readonly<Record<string, string>>,
): Promise<void> {
  await layOutPackage(join(folder, 'node_modules/fourm'));
  await layOutWasm(join(folder, 'wasm'));
  await layOutPage(folder, page);
  const files = Object.keys(scripts).map((name) => join(folder, `${name}.js`));
  for (const [i, script] of Object.values(scripts).entries()) await writeFile(files[i]!, script);
  await build({
    entryPoints: files,
    outdir: join(folder, 'workers'),
    bundle: true,
    splitting: true,
    format: 'esm',
    logLevel: 'error',
  });
  await useBackend('wasm');
  await writeTinyModel(join(folder, 'model'));
  await releaseBackend();
}
