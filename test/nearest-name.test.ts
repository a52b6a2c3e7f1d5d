import { expect, test } from 'vitest';
import { didYouMean, nearestName } from '../src/nearest-name.js';

const KNOWN = ['rgb', 'depth', 'normal', 'semseg', 'caption', 'det', 'dinov2_global'];

test.each([
  ['depht', 'depth'],
  ['Depth', 'depth'],
  ['normals', 'normal'],
  ['captoin', 'caption'],
  ['dinov2-global', 'dinov2_global'],
  ['det', 'det'],
  ['bgr', undefined],
  ['smell', undefined],
  ['', undefined],
  ['x'.repeat(1e6), undefined],
])('%s: %s', (name, expected) => {
  expect(nearestName(name, KNOWN)).toBe(expected);
});

test('as a part of a message', () => {
  expect(didYouMean('depht', KNOWN)).toBe(" (did you mean 'depth'?)");
  expect(didYouMean('smell', KNOWN)).toBe('');
});
