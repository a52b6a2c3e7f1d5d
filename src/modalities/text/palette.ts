/** A picture's main colours as text: `v1=<how many>`, then `v0=<red> v0=<green> v0=<blue>` for each. (`ColorPaletteTransform` officially.) */
import { InvalidInputError } from '../../errors.js';
import type { RgbImage } from '../../media/raster.js';
import { roundHalfToEven } from '../../numeric.js';
import { numberIn, type ParsedText, wordsOf } from './words.js';

/** Red, green and blue, each 0…255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Width of a colour in a drawn palette, in pixels. */
const SWATCH = 25;

/**
 * Writes colours as text, in the order given. Published palettes have 1 to 7 colours.
 *
 * @throws {InvalidInputError} for a channel outside 0…255
 */
export function paletteToText(colours: readonly Rgb[]): string {
  const words = colours.flat().map((channel) => {
    if (!(channel >= 0 && channel <= 255)) {
      throw new InvalidInputError(`a colour channel must be a number from 0 to 255, not ${channel}`);
    }
    return `v0=${roundHalfToEven(channel)}`;
  });
  return [`v1=${colours.length}`, ...words].join(' ');
}

/**
 * Parses all colours from text, regardless of the number at its start. Generated text may be malformed: a colour with a word that is no channel, or with a channel missing, is left out.
 */
export function textToPalette(text: string): Rgb[] {
  return readPalette(text).values;
}

/** {@link textToPalette}, and how many words are part of no colour. */
export function readPalette(text: string): ParsedText<Rgb[]> {
  const words = wordsOf(text);
  const channels = words.slice(words[0]?.startsWith('v1=') ? 1 : 0).map(channelIn);
  const colours = Array.from({ length: Math.floor(channels.length / 3) }, (_, i) => channels.slice(3 * i, 3 * i + 3));
  const values = colours.filter((colour): colour is [number, number, number] => !colour.includes(undefined));
  return { values, unparsed: channels.length - 3 * values.length };
}

/**
 * The colours as upright bars from left to right, in a square of 25 pixels per colour.
 *
 * @throws {InvalidInputError} when there are none
 */
export function drawPalette(colours: readonly Rgb[]): RgbImage {
  if (colours.length === 0) throw new InvalidInputError('a palette without colours cannot be drawn');
  const side = SWATCH * colours.length;
  const row = colours.flatMap((colour) => Array.from({ length: SWATCH }, () => colour)).flat();
  const data = new Uint8Array(side * row.length);
  for (let y = 0; y < side; y++) data.set(row, y * row.length);
  return { width: side, height: side, channels: 3, data };
}

function channelIn(word: string): number | undefined {
  const number = word.startsWith('v0=') ? numberIn(word) : undefined;
  return number === undefined || number > 255 ? undefined : number;
}
