// Writes a checkpoint of a published model's names and shapes with random values, to measure and test with:
//   node --import tsx spec/tools/make-checkpoint.ts spec/vectors/manifests/4M-21_B.json b21.safetensors [--seed 0] [--dtype F32|F16|BF16]
import { open, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { randomCheckpoint } from '../harness/random-checkpoint.js';

const CHUNK_BYTES = 2 ** 24;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '0' }, dtype: { type: 'string', default: 'F32' } },
});
const [manifest, path] = positionals;
const seed = Number(values.seed);
const dtype = (['F32', 'F16', 'BF16'] as const).find((name) => name === values.dtype);
if (manifest === undefined || path === undefined || !Number.isSafeInteger(seed) || dtype === undefined) {
  console.error('usage: make-checkpoint.ts MANIFEST FILE [--seed N] [--dtype F32|F16|BF16]');
  process.exit(2);
}

const source = randomCheckpoint(JSON.parse(await readFile(manifest, 'utf8')), { seed, dtype });
const file = await open(path, 'w');
for (let at = 0; at < source.size; at += CHUNK_BYTES) {
  await file.writeFile(await source.read(at, Math.min(CHUNK_BYTES, source.size - at)));
}
await file.close();
console.log(`${path}: ${(source.size / 1e9).toFixed(2)} GB`);
