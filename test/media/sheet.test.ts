import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { blank } from '../../src/media/draw.js';
import type { RgbImage } from '../../src/media/raster.js';
import { contactSheet } from '../../src/media/sheet.js';

/** How many pixels have a colour. */
function count({ data }: RgbImage, [r, g, b]: readonly number[]): number {
  let n = 0;
  for (let i = 0; i < data.length; i += 3) if (data[i] === r && data[i + 1] === g && data[i + 2] === b) n++;
  return n;
}

const RED = [200, 1, 2] as const;

describe('a contact sheet', () => {
  test('shows small pictures enlarged by whole pixels, and large ones reduced', () => {
    const small = contactSheet('t', [{ heading: 'h', tiles: [{ title: 'a', content: blank(64, 64, RED) }] }]);
    expect(count(small, RED)).toBe(256 * 256);
    const wide = contactSheet('t', [{ heading: 'h', tiles: [{ title: 'a', content: blank(1024, 512, RED) }] }]);
    expect(count(wide, RED)).toBe(256 * 128);
  });

  test('grows with rows, columns and captions', () => {
    const tile = { title: 'a', content: blank(8, 8, RED) };
    const one = contactSheet('t', [{ heading: 'h', tiles: [tile] }]);
    const two = contactSheet('t', [
      { heading: 'h', tiles: [tile, undefined, tile] },
      { heading: 'h', tiles: [tile] },
    ]);
    const captioned = contactSheet('t', [
      { heading: 'h', tiles: [{ ...tile, caption: 'several words of text below' }] },
    ]);
    expect(two.width - one.width).toBe(2 * (256 + 28));
    expect(two.height).toBeGreaterThan(one.height + 256);
    expect(captioned.height).toBeGreaterThan(one.height);
    expect(count(two, RED)).toBe(3 * 256 * 256);
  });

  test('text stays inside its panel, however long', () => {
    const sheet = (text: string) => contactSheet('t', [{ heading: 'h', tiles: [{ title: 'a', content: text }] }]);
    const short = sheet('a red ball');
    const long = sheet('many words '.repeat(200));
    expect([long.width, long.height]).toEqual([short.width, short.height]);
    const paper = [247, 246, 242];
    expect(count(long, paper)).toBe(count(short, paper));
    expect(count(long, [33, 37, 43])).toBeGreaterThan(count(short, [33, 37, 43]));
  });

  test('without a tile it is an error', () => {
    expect(() => contactSheet('t', [])).toThrow(InvalidInputError);
  });
});
