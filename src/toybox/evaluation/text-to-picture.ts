import type { Model } from '../../api/model.js';
import type { RgbImage } from '../../media/raster.js';
import { contactSheet, type Tile } from '../../media/sheet.js';
import { largestBlob } from './round-blob.js';

/** The caption, the hue expected in the pictures, and the number of seeds. */
const TEXT = 'a red ball';
const HUE = 0;
const SEEDS = 10;
/** A patch of the hue is a ball from this share of the picture and this roundness on; a square has 0.83 in large and less when coarse. */
const MIN_AREA = 0.01;
const MIN_ROUNDNESS = 0.8;

/** Pictures generated from a caption. */
export interface TextToPicture {
  readonly text: string;
  readonly seeds: number;
  /** How many of the pictures show something round of the right colour. */
  readonly shown: number;
}

/** Options of {@link textToPicture}. */
export interface TextToPictureOptions {
  readonly signal?: AbortSignal;
  /** Called with how many of the pictures are drawn. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Draws "a red ball" with ten seeds, and looks for something red and round in each. */
export async function textToPicture(
  model: Model,
  { signal, onProgress }: TextToPictureOptions = {},
): Promise<{ result: TextToPicture; sheet: RgbImage }> {
  let shown = 0;
  const tiles: Tile[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const { rgb } = await model.generate({ caption: TEXT }, { to: ['rgb'], seed, signal });
    const picture = rgb.toImage();
    const blob = largestBlob(picture, HUE);
    const found = blob !== undefined && blob.area >= MIN_AREA && blob.roundness >= MIN_ROUNDNESS;
    if (found) shown++;
    tiles.push({ title: `seed ${seed}: ${found ? 'red and round' : 'no'}`, content: picture });
    onProgress?.(seed + 1, SEEDS);
  }
  const sheet = contactSheet(`Text to picture: "${TEXT}"`, [
    { tiles: tiles.slice(0, SEEDS / 2) },
    { tiles: tiles.slice(SEEDS / 2) },
  ]);
  return { result: { text: TEXT, seeds: SEEDS, shown }, sheet };
}
