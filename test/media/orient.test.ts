import { expect, test } from 'vitest';
import { orient } from '../../src/media/orient.js';

test('the eight orientations of EXIF', () => {
  const stored = { width: 3, height: 2, channels: 1, data: Uint8Array.from([1, 2, 3, 4, 5, 6]) };
  const turned = [1, 2, 3, 4, 5, 6, 7, 8].map((code) => {
    const { width, data } = orient(stored, code);
    return `${width}:${data.join('')}`;
  });
  expect(turned).toEqual([
    '3:123456',
    '3:321654',
    '3:654321',
    '3:456123',
    '2:142536',
    '2:415263',
    '2:635241',
    '2:362514',
  ]);
});
