import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { BackendName } from '../../backends/index.js';
import { findCases } from '../../src/conformance/case.js';
import { KINDS } from '../../src/conformance/kinds.js';
import { runCase } from '../../src/conformance/run.js';
import { onEachBackend } from '../on-backends.js';
import { referenceData } from '../tokenizers/text/official-vocabulary.js';

const cases = findCases(fileURLToPath(new URL('../../spec/vectors', import.meta.url))).filter(({ about }) =>
  KINDS.includes(about.kind),
);

/** Without a GPU, WebGPU takes minutes for what the others do at once: there, one case of each kind of arithmetic. */
const SMALL = ['fm_mod7_gelu', 'fm_mod7_qknorm_nosep', 'gen_cfg_formula', 'vq_semseg', 'vq_train_cosine'];

/** Codes that were copied differ by a rounding from those they were copied from; which is nearer is the backend's own. */
const COPIED_CODES = 'vq_train_cosine_lbg';

function casesFor(backend: BackendName) {
  if (backend === 'webgpu') return cases.filter(({ name }) => SMALL.includes(name));
  return cases.filter(({ name }) => backend === 'cpu' || name !== COPIED_CODES);
}

onEachBackend((backend) => {
  test.each(casesFor(backend).map((reference) => [reference.name, reference] as const))('%s', async (_, reference) => {
    const result = await runCase(reference, { referenceData });
    if (result.status === 'skip') expect(result.reason).toContain('official vocabulary');
    else expect(result).toEqual({ ...result, status: 'pass', reason: undefined });
  });
});
