/** Drawings of feature maps and embeddings. */
import { principalComponents } from './analysis/principal-components.js';
import { blank, type Colour, fillRectangle, scaleNearest } from './draw.js';
import type { Raster, RgbImage } from './raster.js';

/** Approximate side of a drawing in pixels. */
const DRAWN = 256;
/** Height of a strip in pixels. */
const STRIP = 64;

/**
 * Feature maps by their first three principal components as red, green and blue. Maps drawn together share components and
 * colours, so that the same colour is the same feature.
 *
 * @param maps all with the same number of channels
 */
export function drawFeatures(...maps: readonly Raster<Float32Array>[]): RgbImage[] {
  const channels = maps[0]?.channels ?? 1;
  const all = new Float32Array(maps.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const { data } of maps) {
    all.set(data, at);
    at += data.length;
  }
  const colours = coloured(principalComponents(all, channels, 3));
  let cell = 0;
  return maps.map(({ width, height }) => {
    const data = colours.slice(3 * cell, 3 * (cell + width * height));
    cell += width * height;
    return scaleNearest({ width, height, channels: 3, data }, Math.max(1, Math.round(DRAWN / Math.max(width, height))));
  });
}

/** Every third value from its lowest to its highest as 0…255. */
function coloured(components: Float32Array): Uint8Array {
  const range = [0, 1, 2].map((c) => {
    const own = components.filter((_, i) => i % 3 === c);
    return [own.reduce((a, b) => Math.min(a, b), Infinity), own.reduce((a, b) => Math.max(a, b), -Infinity)] as const;
  });
  return Uint8Array.from(components, (x, i) => {
    const [low, high] = range[i % 3]!;
    return high > low ? Math.round((255 * (x - low)) / (high - low)) : 128;
  });
}

/**
 * An embedding as a strip, a bar for each value from left to right: blue below zero, white at zero, red above, in full colour
 * at the largest absolute value.
 */
export function drawEmbedding(values: Float32Array): RgbImage {
  const largest = values.reduce((a, x) => Math.max(a, Math.abs(x)), 0) || 1;
  const bar = Math.max(1, Math.round(DRAWN / values.length));
  const image = blank(bar * values.length, STRIP, [255, 255, 255]);
  values.forEach((value, i) => {
    const rest = Math.round(255 * (1 - Math.abs(value) / largest));
    const colour: Colour = value < 0 ? [rest, rest, 255] : [255, rest, rest];
    fillRectangle(image, i * bar, 0, bar, STRIP, colour);
  });
  return image;
}
