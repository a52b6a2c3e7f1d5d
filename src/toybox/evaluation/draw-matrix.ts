import { blank, type Colour, drawText, fillRectangle, textSize } from '../../media/draw.js';
import type { RgbImage } from '../../media/raster.js';

const CELL = 64;
const MARGIN = 24;
const PAPER: Colour = [247, 246, 242];
const INK: Colour = [33, 37, 43];
const LIGHT: Colour = [250, 250, 248];
/** Colours of 0 and of 1. */
const LOW: Colour = [232, 236, 243];
const HIGH: Colour = [24, 78, 140];
/** Pixels to a dot of a letter. */
const LETTERS = 2;

/**
 * A square matrix of shares as a picture: percent in every cell, darker for larger values. Rows are named on the left, columns
 * above by number and name.
 *
 * @param matrix values 0…1, [N, N]
 */
export function drawMatrix(title: string, names: readonly string[], matrix: readonly (readonly number[])[]): RgbImage {
  const labels = names.map((name, i) => `${i + 1} ${name}`);
  const left = MARGIN + Math.max(...labels.map((label) => textSize(label, LETTERS).width)) + 12;
  const heading = textSize(title, LETTERS);
  const top = MARGIN + heading.height + 20 + textSize('0', LETTERS).height + 10;
  const size = names.length * CELL;
  const image = blank(Math.max(left + size, MARGIN + heading.width) + MARGIN, top + size + MARGIN, PAPER);
  drawText(image, title, MARGIN, MARGIN, INK, LETTERS);
  labels.forEach((label, i) => {
    const { width, height } = textSize(label, LETTERS);
    drawText(image, label, left - 12 - width, top + i * CELL + (CELL - height) / 2, INK, LETTERS);
    const number = `${i + 1}`;
    drawText(image, number, left + i * CELL + (CELL - textSize(number, LETTERS).width) / 2, top - 24, INK, LETTERS);
  });
  matrix.forEach((row, i) => {
    row.forEach((value, j) => {
      const [x, y] = [left + j * CELL, top + i * CELL];
      const colour = LOW.map((low, c) => Math.round(low + value * (HIGH[c]! - low))) as unknown as Colour;
      fillRectangle(image, x, y, CELL - 2, CELL - 2, colour);
      const text = `${Math.round(100 * value)}`;
      const { width, height } = textSize(text, LETTERS);
      const at = (extent: number) => Math.round((CELL - 2 - extent) / 2);
      drawText(image, text, x + at(width), y + at(height), value > 0.45 ? LIGHT : INK, LETTERS);
    });
  });
  return image;
}
