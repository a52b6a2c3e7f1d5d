import { blank, type Colour, drawText, fillRectangle, textSize } from '../../media/draw.js';
import type { RgbImage } from '../../media/raster.js';
import { METADATA_RULES, type Metadata } from './metadata.js';

/** Pixels a side of a drawn table, and from one row to the next: all 21 facts fit. */
const TABLE = 256;
const ROW = 12;
const PANEL: Colour = [255, 255, 255];
const STRIPE: Colour = [240, 242, 245];
const INK: Colour = [33, 37, 43];

/** Facts about a picture as a table: names on the left, values on the right. */
export function drawMetadata(metadata: Metadata): RgbImage {
  const image = blank(TABLE, TABLE, PANEL);
  for (const [row, [key, value]] of Object.entries(metadata).entries()) {
    const y = 4 + row * ROW;
    if (row % 2 === 0) fillRectangle(image, 0, y - 3, TABLE, ROW, STRIPE);
    const { kind } = METADATA_RULES[key as keyof Metadata];
    const text = kind === 'pixels' || kind === 'count' ? `${value}` : value.toPrecision(3);
    drawText(image, key, 8, y, INK);
    drawText(image, text, TABLE - 8 - textSize(text).width, y, INK);
  }
  return image;
}
