import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import {
  drawPalette,
  paletteToText,
  type Rgb,
  readPalette,
  textToPalette,
} from '../../../src/modalities/text/palette.js';

const vectors: {
  palette: [Record<string, Rgb[]>];
  length_drawn: number;
  flat: number[];
  string: string;
  image_shape: number[];
  image_colors: Rgb[];
}[] = JSON.parse(readFileSync(new URL('../../../spec/vectors/trans_palette/data.json', import.meta.url), 'utf8'));

describe('published strings', () => {
  test.each(vectors.map((c, i) => [i, c] as const))('palette %i', (_, c) => {
    const colours = c.palette[0][c.length_drawn]!;
    expect(colours.flat()).toEqual(c.flat);
    expect(paletteToText(colours)).toBe(c.string);
    expect(textToPalette(c.string)).toEqual(colours);
    const image = drawPalette(colours);
    expect([image.height, image.width, image.channels]).toEqual(c.image_shape);
    const swatches = c.image_colors.map((_, i) => [...image.data.subarray(75 * i, 75 * i + 3)]);
    expect(swatches).toEqual(c.image_colors);
  });
});

const channel = fc.double({ min: 0, max: 255, noNaN: true });

test('written colours are read back, to the nearest integer', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(channel, channel, channel), { maxLength: 7 }), (colours) => {
      const read = textToPalette(paletteToText(colours));
      expect(read).toHaveLength(colours.length);
      read.flat().forEach((x, i) => {
        expect(Math.abs(x - colours.flat()[i]!)).toBeLessThanOrEqual(0.5);
      });
      expect(paletteToText(read)).toBe(paletteToText(colours));
    }),
  );
});

test('every bar is one colour from top to bottom', () => {
  const { data } = drawPalette([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  data.forEach((x, i) => {
    expect(x).toBe((i % 150 < 75 ? 1 : 4) + (i % 3));
  });
});

test.each([
  ['', [], 0],
  ['v1=2', [], 0],
  ['v1=1 v0=1 v0=2', [], 2],
  ['v1=2 v0=1 v0=2 v0=256 v0=4 v0=5 v0=6 v0=7 [EOS]', [[4, 5, 6]], 4],
  ['v1=3 v0=1 v1=2 v0=3 v0=4 v0=5 v0=6 person', [[4, 5, 6]], 4],
  ['v0=4 v0=5 v0=6', [[4, 5, 6]], 0],
])('malformed text is read as far as it makes sense: %j', (text, colours, unparsed) => {
  expect(textToPalette(text)).toEqual(colours);
  expect(readPalette(text).unparsed).toBe(unparsed);
});

test.each([-1, 256, Number.NaN])('a channel of %d is refused', (x) => {
  expect(() => paletteToText([[x, 0, 0]])).toThrow(InvalidInputError);
});

test('an empty palette cannot be drawn', () => {
  expect(() => drawPalette([])).toThrow(InvalidInputError);
});
