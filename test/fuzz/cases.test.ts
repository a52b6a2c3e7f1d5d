import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { fourm } from '../../spec/adapters/typescript/implementation.js';
import { findVectors } from '../../spec/harness/find-vectors.js';
import type { Outcome } from '../../spec/harness/judge.js';
import { runVectors } from '../../spec/harness/run-vectors.js';
import { fuzzing } from './fuzzing.js';
import { changedTrees, jsonText } from './json-trees.js';

const vectors = fileURLToPath(new URL('../../spec/vectors', import.meta.url));

/** Small vectors of kinds that are read in different ways: tensors, lists, files by name. */
const CASES = ['gen_cfg_formula', 'gen_filter', 'trans_hash', 'trans_det', 'mask_image', 'vq_kmeans_usage'];

let folder: string;
beforeAll(async () => {
  await useBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'fourm-fuzz-'));
  for (const name of CASES) await cp(join(vectors, name), join(folder, name), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a vector with another `vector.json`. */
async function runWith(name: string, about: string): Promise<Outcome> {
  await writeFile(join(folder, name, 'vector.json'), about);
  for await (const outcome of runVectors(findVectors(join(folder, name)), fourm())) return outcome;
  throw new Error('nothing ran');
}

test.each(CASES)('%s, with anything else in its description, passes as it is or fails in one line', async (name) => {
  const about = JSON.parse(await readFile(join(vectors, name, 'vector.json'), 'utf8'));
  expect((await runWith(name, jsonText(about))).status).toBe('pass');
  await fc.assert(
    fc.asyncProperty(changedTrees(about), async (changed) => {
      const result = await runWith(name, jsonText(changed));
      if (result.status === 'pass') expect((changed as { kind: unknown }).kind).toBe(about.kind);
      else expect(result.reason).toMatch(/^.+$/);
    }),
    fuzzing(0.2),
  );
});

test.each(['../../etc', '/etc', '../..', '', 'a/../../..', 'x\0y', 7, null])(
  'a vector with tensors in %j, outside of its folder, is not usable',
  async (file) => {
    await cp(join(vectors, 'gen_cfg_formula'), join(folder, 'outside'), { recursive: true });
    const about = JSON.parse(await readFile(join(vectors, 'gen_cfg_formula', 'vector.json'), 'utf8'));
    const inputs = { ...about.inputs, 'in.cond': { ...about.inputs['in.cond'], file } };
    const { status, reason } = await runWith('outside', JSON.stringify({ ...about, inputs }));
    expect(status).toBe('errored');
    expect(reason).toContain(`a vector names ${JSON.stringify(file)}, which is not in`);
  },
);
