import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { build } from 'esbuild';

/**
 * Bundles the entry points of a package for Node, with the code that they share in common chunks: loading 500 modules takes
 * 1.6 times the processor time.
 *
 * @param {string} root the package, with its compiled modules in `dist/src` and `dist/backends`
 */
export async function bundleForNode(root) {
  const { bin, exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const entries = Object.values(exports).filter((entry) => entry.node);
  await build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'dist/src/cli/main.js', out: parse(bin.fourm).name },
      ...entries.map((entry) => ({ in: entry.default, out: parse(entry.node).name })),
    ],
    outdir: 'dist/node',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    // The sources are in the package.
    sourcesContent: false,
    logLevel: 'warning',
  });
}
