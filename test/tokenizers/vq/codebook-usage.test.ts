import { expect, test } from 'vitest';
import { codebookUsage } from '../../../src/tokenizers/vq/codebook-usage.js';

test('is the share of codes that occur, on average over whole windows', () => {
  expect(codebookUsage([0, 0, 1, 2], 4, 4)).toBe(0.75);
  expect(codebookUsage(Int32Array.of(0, 0, 1, 2, 3), 4, 2)).toBe((1 / 4 + 2 / 4) / 2);
});

test.each([5, Number.NaN])('needs as many tokens as a window has: %d', (window) => {
  expect(() => codebookUsage([0, 1, 2, 3], 4, window)).toThrow(`4 tokens do not fill a window of ${window}`);
});
