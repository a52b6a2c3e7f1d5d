import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { BackendName } from '../../backends/index.js';
import { fourm } from '../../spec/adapters/typescript/implementation.js';
import { findVectors } from '../../spec/harness/find-vectors.js';
import { runVector } from '../../spec/harness/judge.js';
import { onEachBackend } from '../on-backends.js';
import { referenceData, WHERE_TO_GET_IT } from '../tokenizers/text/official-vocabulary.js';

/** A model of full size takes minutes: `npm run conformance -- --tier full`. */
const opened = await Promise.all(
  findVectors(fileURLToPath(new URL('../../spec/vectors', import.meta.url))).map((place) => place.open()),
);
const vectors = opened.filter(({ about }) => about.tier !== 'full');

/** Without a GPU, WebGPU takes minutes for what the others do at once: there, one vector of each kind of arithmetic. */
const SMALL = ['fm_mod7_gelu', 'fm_mod7_qknorm_nosep', 'gen_cfg_formula', 'vq_semseg', 'vq_train_cosine'];

/** Takes a quarter of the whole file's time in plain JavaScript; each of its layers has a test there. */
const LARGE = ['vq_divae_unet_x0'];

function vectorsFor(backend: BackendName) {
  if (backend === 'webgpu') return vectors.filter(({ name }) => SMALL.includes(name));
  return backend === 'cpu' ? vectors.filter(({ name }) => !LARGE.includes(name)) : vectors;
}

onEachBackend((backend) => {
  test.for(vectorsFor(backend).map((vector) => [vector.name, vector] as const))('%s', async ([, vector], { skip }) => {
    const outcome = await runVector(vector, fourm({ referenceData }));
    if (outcome.status === 'skip') {
      expect(vector.about.needs).toEqual(['vocabulary']);
      skip(WHERE_TO_GET_IT);
    }
    expect(outcome).toEqual({ ...outcome, status: 'pass', reason: undefined });
  });
});
