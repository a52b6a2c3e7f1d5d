import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { findVectors } from '../../../spec/harness/find-vectors.js';
import { runVector } from '../../../spec/harness/judge.js';
import { processImplementation } from '../../../spec/harness/process.js';
import { describeUnless } from '../../cannot-run.js';
import { referenceData, WHERE_TO_GET_IT } from '../../tokenizers/text/official-vocabulary.js';

const { status } = spawnSync('python3', ['-c', 'import sys, numpy; assert sys.version_info >= (3, 10)']);
const reason = status === 0 ? undefined : 'no python3 of version 3.10 with numpy';

const spec = fileURLToPath(new URL('../../../spec', import.meta.url));
const opened = await Promise.all(findVectors(`${spec}/vectors`).map((place) => place.open()));
const vectors = opened.filter(({ about }) => about.tier !== 'full');

describeUnless(reason, 'the port in numpy', () => {
  // Threads of its own would wait for the processors, which the tests keep busy.
  const settings = `OPENBLAS_NUM_THREADS=1 FOURM_REFERENCE_DATA="${referenceData}"`;
  const port = processImplementation(`${settings} python3 -B "${spec}/adapters/python/main.py"`);
  afterAll(() => port.close());

  test.for(vectors.map((vector) => [vector.name, vector] as const))('%s', async ([, vector], { skip }) => {
    const outcome = await runVector(vector, port);
    if (outcome.status === 'skip') {
      if (vector.about.needs) skip(WHERE_TO_GET_IT);
      expect(vector.about.kind).toBe('media.decode');
      skip(outcome.reason);
    }
    expect(outcome).toEqual({ ...outcome, status: 'pass', reason: undefined });
  });
});
