import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blank,
  blit,
  type Colour,
  drawText,
  fillRectangle,
  outlineRectangle,
  scaleNearest,
  textSize,
  wrapText,
} from '../../src/media/draw.js';
import { glyphDot } from '../../src/media/font.js';
import type { RgbImage } from '../../src/media/raster.js';

const BLACK: Colour = [0, 0, 0];
const INK: Colour = [1, 2, 3];

/** Rows of `#` where the ink is. */
function dots({ width, height, data }: RgbImage): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (__, x) => (data[(y * width + x) * 3 + 2] === 3 ? '#' : '.')).join(''),
  );
}

describe('shapes', () => {
  test('rectangles and their borders are cut at the edges', () => {
    const image = blank(5, 4, BLACK);
    outlineRectangle(image, 1, 1, 6, 3, INK);
    expect(dots(image)).toEqual(['.....', '.####', '.#...', '.####']);
    fillRectangle(image, -3, -3, 4, 4, INK);
    expect(dots(image)[0]).toBe('#....');
  });

  test('a picture is copied to any position, clipped', () => {
    fc.assert(
      fc.property(fc.integer({ min: -6, max: 6 }), fc.integer({ min: -6, max: 6 }), (x, y) => {
        const target = blank(4, 3, BLACK);
        blit(target, blank(2, 3, INK), x, y);
        const expected = Array.from({ length: 3 }, (_, row) =>
          Array.from({ length: 4 }, (__, column) => {
            const inside = column >= x && column < x + 2 && row >= y && row < y + 3;
            return inside ? '#' : '.';
          }).join(''),
        );
        expect(dots(target)).toEqual(expected);
      }),
    );
  });

  test('every pixel becomes a square', () => {
    const pair = { width: 2, height: 1, channels: 1, data: Float32Array.of(1, 2) };
    expect(scaleNearest(pair, 2)).toEqual({
      width: 4,
      height: 2,
      channels: 1,
      data: Float32Array.of(1, 1, 2, 2, 1, 1, 2, 2),
    });
  });
});

describe('text', () => {
  test('letters are at the right positions, at every scale', () => {
    const image = blank(12, 9, BLACK);
    drawText(image, 'Hi', 0, 0, INK);
    expect(dots(image).slice(0, 7)).toEqual([
      '#...#...#...',
      '#...#.......',
      '#...#..##...',
      '#####...#...',
      '#...#...#...',
      '#...#...#...',
      '#...#..###..',
    ]);
    const large = blank(24, 18, BLACK);
    drawText(large, 'Hi', 0, 0, INK, 2);
    expect(large).toEqual(scaleNearest(image, 2));
  });

  test('every printable character has a glyph of its own; others share a box', () => {
    const shape = (char: string) =>
      Array.from({ length: 45 }, (_, i) => (glyphDot(char, i % 5, Math.floor(i / 5)) ? '#' : '.')).join('');
    const shapes = Array.from({ length: 95 }, (_, i) => shape(String.fromCharCode(32 + i)));
    expect(new Set(shapes).size).toBe(95);
    expect(shape(' ')).not.toContain('#');
    expect(shape('é')).toBe(shape('漢'));
    expect(shape('\t')).toBe(shape('é'));
  });

  test('wrapped text fits its width and keeps its words', () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 15 }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(words, fc.integer({ min: 5, max: 90 }), fc.integer({ min: 1, max: 3 }), (list, width, scale) => {
        const text = wrapText(list.join(' '), width * scale, scale);
        expect(textSize(text, scale).width).toBeLessThanOrEqual(width * scale);
        expect(text.replace(/\s/g, '')).toBe(list.join(''));
      }),
    );
    expect(wrapText('a small red ball\nx', 11 * 6 - 1)).toBe('a small red\nball\nx');
  });
});
