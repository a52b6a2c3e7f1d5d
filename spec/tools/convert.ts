/**
 * Converts vectors of the form before format 1 (a `case.json` in each folder):
 *
 *     node --import tsx spec/tools/convert.ts <in> <out>
 *
 * Tensors and `data.json` are copied as they are, `case.json` becomes `vector.json`. With `<out>` the same folder as `<in>`,
 * only the descriptions change.
 */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { useBackend } from '../../backends/index.js';
import { fourm } from '../adapters/typescript/implementation.js';
import { findVectors } from '../harness/find-vectors.js';
import { formatVector } from '../harness/format-vector.js';

const [from, to, ...rest] = process.argv.slice(2);
if (from === undefined || to === undefined || rest.length > 0) {
  console.error('usage: node --import tsx spec/tools/convert.ts <in> <out>');
  process.exit(2);
}
await useBackend('wasm');
const probe = fourm();
let failed = 0;
for (const place of findVectors(from)) {
  const folder = resolve(to, relative(resolve(from), resolve(place.folder)));
  try {
    const vector = await place.open(probe);
    const isInPlace = resolve(place.folder) === folder;
    if (!isInPlace) {
      await mkdir(folder, { recursive: true });
      const filter = (path: string) => basename(path) !== 'case.json';
      await cp(place.folder, folder, { recursive: true, filter });
    }
    await writeFile(join(folder, 'vector.json'), formatVector(vector.about));
    await rm(join(folder, 'case.json'), { force: true });
  } catch (error) {
    failed++;
    console.error(`${place.name}: ${(error as Error).message}`);
  }
}
if (failed > 0) process.exitCode = 1;
