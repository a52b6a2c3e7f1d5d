import { expect, test } from 'vitest';
import { loadModel } from '../../../src/api/loading/load-model.js';
import { BackendError } from '../../../src/errors.js';
import { toyboxSample } from '../../../src/toybox/sample.js';

test('without a backend, the error names the remedy', async () => {
  const model = await loadModel('toybox');
  const { rgb } = toyboxSample(3);
  for (const attempt of [model.generate({ rgb }, { to: ['depth'] }), model.reconstruct('rgb', [rgb])]) {
    await expect(attempt).rejects.toThrow(BackendError);
    await expect(attempt).rejects.toThrow("await useBackend('auto') first");
  }
});
