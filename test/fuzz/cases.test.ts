import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { runnerOf } from '../../spec/adapters/typescript/kinds.js';
import { ConformanceCase } from '../../spec/harness/case.js';
import { runCase } from '../../spec/harness/run-case.js';
import { fuzzing } from './fuzzing.js';
import { changedTrees, jsonText } from './json-trees.js';

const vectors = fileURLToPath(new URL('../../spec/vectors', import.meta.url));

/** Small cases of kinds that read case files in different ways: tensors, lists, another case, files by name. */
const CASES = ['gen_cfg_formula', 'gen_filter', 'trans_hash', 'trans_det', 'mask_image', 'vq_kmeans_usage'];

let folder: string;
beforeAll(async () => {
  await useBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'fourm-fuzz-'));
  for (const name of CASES) await cp(join(vectors, name), join(folder, name), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a case with another `case.json`. */
async function runWith(name: string, about: string) {
  await writeFile(join(folder, name, 'case.json'), about);
  return runCase(new ConformanceCase(name, join(folder, name)), runnerOf, {});
}

test.each(CASES)('%s, with anything else in its description, passes as it is or fails in one line', async (name) => {
  const about = JSON.parse(await readFile(join(vectors, name, 'case.json'), 'utf8'));
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

test.each(['../trans_hash', '/etc', '..', '.', '', 'a/../..', 'x\0y', 7, null])(
  'a case that builds on %j, outside of its folder, fails',
  async (of) => {
    await cp(join(vectors, 'fm_grad_gelu'), join(folder, 'fm_grad_gelu'), { recursive: true });
    const about = JSON.parse(await readFile(join(vectors, 'fm_grad_gelu', 'case.json'), 'utf8'));
    const { status, reason } = await runWith('fm_grad_gelu', JSON.stringify({ ...about, of }));
    expect(status).toBe('fail');
    expect(reason).toContain(`a case names ${JSON.stringify(of)}, which is nothing in`);
  },
);
