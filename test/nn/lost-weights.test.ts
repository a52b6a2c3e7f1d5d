/** A host may dispose of what it finds in tfjs; a model reads its weights again. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/index.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { onBackends } from '../on-backends.js';

const { rgb } = toyboxSample(3);

onBackends(['wasm', 'node'], (backend) => {
  describe.each(['f32', 'int8'] as const)('a model in %s', (dtype) => {
    test.each([
      ['tf.disposeVariables()', async () => tf.disposeVariables()],
      [
        'tf.engine().reset() and useBackend',
        async () => {
          tf.engine().reset();
          await useBackend(backend);
        },
      ],
    ])('answers the same after %s', async (_, lose) => {
      const model = await loadModel('toybox', { dtype });
      const first = await model.generate({ rgb }, { to: ['depth', 'det'] });
      await lose();
      const again = await model.generate({ rgb }, { to: ['depth', 'det'] });
      expect(again.depth.tokens).toEqual(first.depth.tokens);
      expect(again.det.text).toBe(first.det.text);
      await model.dispose();
    });
  });
});
