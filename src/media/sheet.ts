import { InvalidInputError } from '../errors.js';
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
} from './draw.js';
import type { RgbImage } from './raster.js';
import { resize } from './resize.js';

/** A picture with words above and below it, or a panel of text. */
export interface Tile {
  readonly title: string;
  /** A picture of any size, or text. */
  readonly content: RgbImage | string;
  readonly caption?: string;
}

/** Tiles side by side; `undefined` is an empty tile. */
export interface SheetRow {
  /** Heading above the row; absent if the row continues the one before. */
  readonly heading?: string;
  readonly tiles: readonly (Tile | undefined)[];
}

/** The longer side of every picture on the sheet, in pixels; 64 × 64 pictures fill it at four times their size. */
const TILE = 256;
const GAP = 28;
const MARGIN = 40;

const PAPER: Colour = [247, 246, 242];
const PANEL: Colour = [255, 255, 255];
const BORDER: Colour = [196, 199, 204];
const INK: Colour = [33, 37, 43];
const MUTED: Colour = [96, 103, 112];

const TEXT = 2; // pixels to a dot
const HEADING = 3;

/**
 * A contact sheet: rows of tiles, each with its title above and its caption below. Small pictures are enlarged by a whole
 * factor, large ones reduced.
 *
 * @throws InvalidInputError if there is no tile
 */
export function contactSheet(title: string, rows: readonly SheetRow[]): RgbImage {
  const columns = Math.max(0, ...rows.map(({ tiles }) => tiles.length));
  if (columns === 0) throw new InvalidInputError('a contact sheet needs a tile');
  const blocks = rows.map(layOut);
  const width = 2 * MARGIN + columns * TILE + (columns - 1) * GAP;
  const headline = wrapText(title, width - 2 * MARGIN, HEADING);
  const top = MARGIN + textSize(headline, HEADING).height + GAP;
  const height = top + blocks.reduce((sum, block) => sum + block.height, 0) - GAP + MARGIN;
  const sheet = blank(width, height, PAPER);
  drawBold(sheet, headline, MARGIN, MARGIN, HEADING);
  let y = top;
  for (const block of blocks) {
    drawRow(sheet, block, y);
    y += block.height;
  }
  return sheet;
}

interface Block extends SheetRow {
  readonly height: number;
  /** From the block's top to its titles, and to its pictures. */
  readonly titles: number;
  readonly pictures: number;
}

function layOut(row: SheetRow): Block {
  const captions = row.tiles.map((tile) => (tile?.caption ? textSize(wrapped(tile.caption), TEXT).height + 10 : 0));
  const titles = row.heading === undefined ? 0 : textSize(row.heading, TEXT).height + 20;
  const pictures = titles + textSize(' ', TEXT).height + 8;
  return { ...row, titles, pictures, height: pictures + TILE + Math.max(0, ...captions) + GAP + 12 };
}

function drawRow(sheet: RgbImage, { heading, tiles, titles, pictures }: Block, y: number): void {
  if (heading !== undefined) {
    fillRectangle(sheet, MARGIN, y + titles - 12, sheet.width - 2 * MARGIN, 1, BORDER);
    drawBold(sheet, heading, MARGIN, y, TEXT);
  }
  for (const [column, tile] of tiles.entries()) {
    if (!tile) continue;
    const x = MARGIN + column * (TILE + GAP);
    drawText(sheet, tile.title, x, y + titles, MUTED, TEXT);
    if (typeof tile.content === 'string') drawPanel(sheet, tile.content, x, y + pictures);
    else drawPicture(sheet, tile.content, x, y + pictures);
    if (tile.caption) drawText(sheet, wrapped(tile.caption), x, y + pictures + TILE + 10, INK, TEXT);
  }
}

/** Letters drawn twice, a pixel apart. */
function drawBold(sheet: RgbImage, text: string, x: number, y: number, scale: number): void {
  drawText(sheet, text, x, y, INK, scale);
  drawText(sheet, text, x + 1, y, INK, scale);
}

function wrapped(text: string): string {
  return wrapText(text, TILE, TEXT);
}

/** A picture in the middle of its square, with a thin line around it. */
function drawPicture(sheet: RgbImage, picture: RgbImage, x: number, y: number): void {
  const fitted = toTileSize(picture);
  const left = x + Math.floor((TILE - fitted.width) / 2);
  const top = y + Math.floor((TILE - fitted.height) / 2);
  outlineRectangle(sheet, left - 1, top - 1, fitted.width + 2, fitted.height + 2, BORDER);
  blit(sheet, fitted, left, top);
}

function toTileSize(picture: RgbImage): RgbImage {
  const longer = Math.max(picture.width, picture.height);
  if (longer <= TILE) return scaleNearest(picture, Math.floor(TILE / longer));
  const side = (length: number) => Math.max(1, Math.round((length * TILE) / longer));
  return resize(picture, side(picture.width), side(picture.height), 'bicubic');
}

/** Text on white; in smaller letters if it is long, and cut where even those do not fit. */
function drawPanel(sheet: RgbImage, text: string, x: number, y: number): void {
  const padding = 12;
  const width = TILE - 2 * padding;
  fillRectangle(sheet, x - 1, y - 1, TILE + 2, TILE + 2, BORDER);
  fillRectangle(sheet, x, y, TILE, TILE, PANEL);
  const large = wrapText(text, width, TEXT);
  const scale = textSize(large, TEXT).height <= width ? TEXT : 1;
  const lines = wrapText(text, width, scale).split('\n');
  while (textSize(lines.join('\n'), scale).height > width) lines.splice(-2, 2, '...');
  drawText(sheet, lines.join('\n'), x + padding, y + padding, INK, scale);
}
