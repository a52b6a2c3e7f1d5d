import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphDot } from './font.js';
import type { Raster, RasterData, RgbImage } from './raster.js';

/** Red, green and blue, 0…255. */
export type Colour = readonly [number, number, number];

/** Distance between letters, and between lines, in dots of the font. */
const ADVANCE = GLYPH_WIDTH + 1;
const LINE = GLYPH_HEIGHT + 2;

/** A picture of one colour. */
export function blank(width: number, height: number, colour: Colour): RgbImage {
  const image = { width, height, channels: 3, data: new Uint8Array(width * height * 3) };
  fillRectangle(image, 0, 0, width, height, colour);
  return image;
}

/** Fills a rectangle, clipped to the picture. Modifies the picture, as do all functions here that are named by a verb. */
export function fillRectangle(
  image: RgbImage,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: Colour,
): void {
  const [left, right] = [Math.max(0, x), Math.min(image.width, x + width)];
  const bottom = Math.min(image.height, y + height);
  for (let row = Math.max(0, y); row < bottom; row++) {
    for (let column = left; column < right; column++) image.data.set(colour, (row * image.width + column) * 3);
  }
}

/** The border of a rectangle, drawn inside it. */
export function outlineRectangle(
  image: RgbImage,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: Colour,
  thickness = 1,
): void {
  fillRectangle(image, x, y, width, thickness, colour);
  fillRectangle(image, x, y + height - thickness, width, thickness, colour);
  fillRectangle(image, x, y, thickness, height, colour);
  fillRectangle(image, x + width - thickness, y, thickness, height, colour);
}

/** Draws a straight line with round ends, `thickness` pixels wide, clipped to the picture. */
export function drawLine(
  image: RgbImage,
  from: readonly [x: number, y: number],
  to: readonly [x: number, y: number],
  colour: Colour,
  thickness: number,
): void {
  const radius = thickness / 2;
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const squared = dx * dx + dy * dy;
  const range = (a: number, b: number, end: number) => [
    Math.max(0, Math.floor(Math.min(a, b) - radius)),
    Math.min(end, Math.ceil(Math.max(a, b) + radius)),
  ];
  const [left, right] = range(from[0], to[0], image.width) as [number, number];
  const [top, bottom] = range(from[1], to[1], image.height) as [number, number];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const [px, py] = [x + 0.5 - from[0], y + 0.5 - from[1]];
      const share = squared === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
      if (Math.hypot(px - share * dx, py - share * dy) <= radius) image.data.set(colour, (y * image.width + x) * 3);
    }
  }
}

/** Copies a picture into another, its top left corner at (x, y), clipped. */
export function blit(target: RgbImage, source: RgbImage, x: number, y: number): void {
  const [left, right] = [Math.max(0, -x), Math.min(source.width, target.width - x)];
  if (right <= left) return;
  for (let row = Math.max(0, -y); row < Math.min(source.height, target.height - y); row++) {
    const from = row * source.width * 3;
    target.data.set(source.data.subarray(from + left * 3, from + right * 3), ((y + row) * target.width + x + left) * 3);
  }
}

/** Every pixel as a square of `factor` × `factor`. */
export function scaleNearest<T extends RasterData>(raster: Raster<T>, factor: number): Raster<T> {
  const { channels, data } = raster;
  const [width, height] = [raster.width * factor, raster.height * factor];
  const scaled = new (data.constructor as new (length: number) => T)(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.floor(y / factor) * raster.width + Math.floor(x / factor)) * channels;
      for (let c = 0; c < channels; c++) scaled[(y * width + x) * channels + c] = data[from + c]!;
    }
  }
  return { width, height, channels, data: scaled };
}

/** Writes lines of text, the corner of the first letter at (x, y), in letters `scale` pixels to the dot. */
export function drawText(image: RgbImage, text: string, x: number, y: number, colour: Colour, scale = 1): void {
  for (const [row, line] of text.split('\n').entries()) {
    for (const [column, char] of [...line].entries()) {
      const [left, top] = [x + column * ADVANCE * scale, y + row * LINE * scale];
      for (let dot = 0; dot < GLYPH_WIDTH * GLYPH_HEIGHT; dot++) {
        const [dotX, dotY] = [dot % GLYPH_WIDTH, Math.floor(dot / GLYPH_WIDTH)];
        if (glyphDot(char, dotX, dotY)) {
          fillRectangle(image, left + dotX * scale, top + dotY * scale, scale, scale, colour);
        }
      }
    }
  }
}

/** Width and height of lines of text, without the space after the last letter and line. */
export function textSize(text: string, scale = 1): { width: number; height: number } {
  const lines = text.split('\n');
  const longest = Math.max(...lines.map((line) => [...line].length));
  return {
    width: Math.max(0, longest * ADVANCE - 1) * scale,
    height: (lines.length * LINE - 2) * scale,
  };
}

/** Breaks text into lines no wider than `width` pixels: between words, and inside a word only where it fills a line alone. */
export function wrapText(text: string, width: number, scale = 1): string {
  const limit = Math.max(1, Math.floor((width / scale + 1) / ADVANCE));
  return text
    .split('\n')
    .flatMap((paragraph) => wrapParagraph(paragraph, limit))
    .join('\n');
}

function wrapParagraph(paragraph: string, limit: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(/\s+/).flatMap((long) => pieces(long, limit))) {
    if (line !== '' && [...line].length + 1 + [...word].length > limit) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function pieces(word: string, limit: number): string[] {
  const chars = [...word];
  return Array.from({ length: Math.max(1, Math.ceil(chars.length / limit)) }, (_, i) =>
    chars.slice(i * limit, (i + 1) * limit).join(''),
  );
}
