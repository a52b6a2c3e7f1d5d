import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { BackendName } from '../../backends/index.js';
import { runnerOf } from '../../spec/adapters/typescript/kinds.js';
import { findCases } from '../../spec/harness/case.js';
import { runCase } from '../../spec/harness/run-case.js';
import { onEachBackend } from '../on-backends.js';
import { referenceData, WHERE_TO_GET_IT } from '../tokenizers/text/official-vocabulary.js';

/** A model of full size takes minutes: `npm run conformance -- --filter 'fullsize*'`. */
const cases = findCases(fileURLToPath(new URL('../../spec/vectors', import.meta.url))).filter(
  ({ about }) => about.kind !== 'fullsize.generate',
);

/** Without a GPU, WebGPU takes minutes for what the others do at once: there, one case of each kind of arithmetic. */
const SMALL = ['fm_mod7_gelu', 'fm_mod7_qknorm_nosep', 'gen_cfg_formula', 'vq_semseg', 'vq_train_cosine'];

function casesFor(backend: BackendName) {
  return backend === 'webgpu' ? cases.filter(({ name }) => SMALL.includes(name)) : cases;
}

onEachBackend((backend) => {
  test.for(casesFor(backend).map((reference) => [reference.name, reference] as const))(
    '%s',
    async ([, reference], { skip }) => {
      const result = await runCase(reference, runnerOf, { referenceData });
      if (result.status === 'skip') {
        expect(result.reason).toContain('official vocabulary');
        skip(WHERE_TO_GET_IT);
      }
      expect(result).toEqual({ ...result, status: 'pass', reason: undefined });
    },
  );
});
