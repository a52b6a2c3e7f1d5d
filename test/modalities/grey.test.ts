import { expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { withChannels } from '../../src/modalities/grey.js';

const picture = (...data: number[]) => ({ width: 1, height: 1, channels: data.length, data: Uint8Array.from(data) });

// Expected values: `Image.convert('L')` of Pillow 12.3.
test.each([
  [[255, 0, 0], 76],
  [[0, 255, 0], 150],
  [[0, 0, 255], 29],
  [[1, 1, 1], 1],
  [[2, 0, 0], 1],
  [[10, 200, 30], 124],
  [[128, 127, 129], 128],
  [[254, 255, 255], 255],
])('the colour %j is grey %i', (colour, grey) => {
  expect(withChannels(picture(...colour), 1)).toEqual(picture(grey));
});

test('grey becomes three equal channels; images with the right channels are returned unchanged', () => {
  expect(withChannels(picture(7), 3)).toEqual(picture(7, 7, 7));
  const grey = picture(7);
  expect(withChannels(grey, 1)).toBe(grey);
});

test('pictures with transparency are refused', () => {
  expect(() => withChannels(picture(1, 2, 3, 4), 1)).toThrow(
    new InvalidInputError('an image has 1 channel or 3, not 4'),
  );
});
