import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { maskOn } from '../../../src/tokenizers/diffusion/condition.js';
import { nearestRows, resizeNearest } from '../../../src/tokenizers/diffusion/resize.js';
import { onEachBackend } from '../../on-backends.js';

test.each([
  [2, 4, [0, 0, 1, 1]],
  [4, 2, [0, 2]],
  [3, 5, [0, 0, 1, 1, 2]],
  [5, 3, [0, 1, 3]],
  [1, 3, [0, 0, 0]],
])('%i rows on %i', (from, to, expected) => {
  expect([...nearestRows(from, to)]).toEqual(expected);
});

onEachBackend(() => {
  test('a map and its mask are resized alike', async () => {
    const codes = tf.tensor4d([1, 0, 0, 1, 1, 0], [1, 2, 3, 1]);
    const larger = resizeNearest(codes, [4, 5]);
    expect(larger.shape).toEqual([1, 4, 5, 1]);
    const mask = maskOn({ codes, masked: Uint8Array.of(1, 0, 0, 1, 1, 0) }, [4, 5])!;
    expect(mask.shape).toEqual([1, 20, 1]);
    expect([...(await mask.data())]).toEqual([...(await larger.data())]);
    expect(maskOn({ codes }, [4, 5])).toBeUndefined();
    tf.dispose([codes, larger, mask]);
  });
});
