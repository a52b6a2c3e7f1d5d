import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { argMaxOfFinite } from '../../src/nn/arg-max.js';
import { onEachBackend } from '../on-backends.js';

onEachBackend(() => {
  describe('the index of the largest value of a row', () => {
    test('is that of tf.argMax where all values are finite', async () => {
      const x = tf.tensor2d([1, 3, 2, -1e38, 3e38, 0, 5, 5, -5], [3, 3]);
      const ids = argMaxOfFinite(x);
      expect([...(await ids.data())]).toEqual([1, 1, 0]);
      tf.dispose([x, ids]);
    });

    test.each([Number.NaN, Infinity, -Infinity])('is -1 for rows with %s, at any position', async (wrong) => {
      for (let at = 0; at < 3; at++) {
        const row = [1, 2, 3];
        row[at] = wrong;
        const x = tf.tensor2d([...row, 7, 8, 9], [2, 3]);
        const ids = argMaxOfFinite(x);
        expect([...(await ids.data())]).toEqual([-1, 2]);
        tf.dispose([x, ids]);
      }
    });
  });
});
