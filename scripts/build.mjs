// Compiles src/ and backends/ into dist/, puts beside them what TypeScript does not carry over, and bundles them for Node.
import { spawnSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from './generated.mjs';
import { bundleForNode } from './node-bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const require = createRequire(import.meta.url);

await rm(dist, { recursive: true, force: true });
await generate();

const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);

const sourceFile = /(?<!\.d)\.(ts|mts|cts|tsx)$/;
for (const folder of ['src', 'backends']) {
  await cp(join(root, folder), join(dist, folder), {
    recursive: true,
    filter: (path) => !sourceFile.test(path),
  });
}

await bundleForNode(root);
