import { test } from 'vitest';
import { sinusoids } from '../../../src/tokenizers/diffusion/time-embedding.js';
import { expectClose } from '../../vectors.js';

test('cosines come before sines, from frequency 1 down', () => {
  const slow = 1 / 100;
  const expected = [1, 1, 0, 0, Math.cos(3), Math.cos(3 * slow), Math.sin(3), Math.sin(3 * slow)];
  expectClose(sinusoids([0, 3], 4), expected, { rtol: 1e-5, atol: 1e-6 });
});
