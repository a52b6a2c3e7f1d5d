import { InvalidInputError } from '../errors.js';
import type { Box } from './box.js';
import { type Colour, drawText, fillRectangle, outlineRectangle, textSize } from './draw.js';
import type { Raster, RgbImage } from './raster.js';

/**
 * Depth as colours: near is red, then yellow, green and blue, far is dark violet (the Turbo map from its far end); black
 * where there is no depth.
 *
 * @param depth  one channel; metres, or the unit of the range
 * @param range  depths of the first and the last colour; values outside are clamped
 */
export function colourDepth(depth: Raster<Float32Array>, [near, far]: readonly [number, number]): RgbImage {
  return mapPixels(depth, 1, (at) => {
    const value = depth.data[at]!;
    return Number.isFinite(value) ? turbo(1 - (value - near) / (far - near)) : [0, 0, 0];
  });
}

/** Unit normals as colours, each axis from -1…1 to 0…255. `normals` has three channels. */
export function colourNormals(normals: Raster<Float32Array>): RgbImage {
  const byte = (x: number) => Math.round(255 * clamp01(x * 0.5 + 0.5));
  return mapPixels(normals, 3, (at) => [
    byte(normals.data[at]!),
    byte(normals.data[at + 1]!),
    byte(normals.data[at + 2]!),
  ]);
}

/**
 * Class ids as colours. `ids` has one channel.
 *
 * @throws InvalidInputError if an id has no colour in the palette
 */
export function colourClasses(ids: Raster, palette: readonly Colour[]): RgbImage {
  return mapPixels(ids, 1, (at) => {
    const colour = palette[ids.data[at]!];
    if (!colour) throw new InvalidInputError(`class ${ids.data[at]} has no colour in a palette of ${palette.length}`);
    return colour;
  });
}

/** `count` distinguishable colours: hues at the golden angle, alternately light and dark. */
export function classPalette(count: number): Colour[] {
  return Array.from({ length: count }, (_, i) => {
    const hue = (i * 0.381966) % 1;
    return i % 2 === 0 ? fromHsv(hue, 0.72, 0.88) : fromHsv(hue, 0.85, 0.55);
  });
}

/** Hue in turns, saturation and value in 0…1. */
function fromHsv(hue: number, saturation: number, value: number): Colour {
  const channel = (shift: number) => {
    const sector = (shift + hue * 6) % 6;
    return Math.round(255 * value * (1 - saturation * clamp01(Math.min(sector, 4 - sector))));
  };
  return [channel(5), channel(3), channel(1)];
}

/** A labelled box: edges as fractions of the picture's width and height. */
export interface LabelledBox {
  readonly label: string;
  readonly box: Box;
}

/**
 * A copy of a picture with boxes and their labels over it. Labels are 9 pixels high at least: enlarge small pictures first.
 *
 * @param colourOf  the colour of the i-th box; by default each has its own
 */
export function drawBoxes(
  image: RgbImage,
  boxes: readonly LabelledBox[],
  colourOf: (label: string, i: number) => Colour = defaultColours(boxes.length),
): RgbImage {
  const drawn = { ...image, data: image.data.slice() };
  const scale = Math.max(1, Math.round(Math.max(image.width, image.height) / 170));
  const placed = boxes.map(({ label, box }, i) => {
    const [left, right] = [Math.round(box.xmin * image.width), Math.round(box.xmax * image.width)];
    const [top, bottom] = [Math.round(box.ymin * image.height), Math.round(box.ymax * image.height)];
    return {
      label,
      colour: colourOf(label, i),
      left,
      top,
      width: Math.max(1, right - left),
      height: Math.max(1, bottom - top),
    };
  });
  for (const { colour, left, top, width, height } of placed) {
    outlineRectangle(drawn, left, top, width, height, colour, 1 + scale);
  }
  for (const { label, colour, left, top } of placed) drawLabel(drawn, label, left, top, colour, scale);
  return drawn;
}

/** A label on a background of the box's colour: above the box if it fits, otherwise inside; within the picture's sides. */
function drawLabel(image: RgbImage, label: string, left: number, top: number, colour: Colour, scale: number): void {
  const text = textSize(label, scale);
  const [width, height] = [text.width + 4 * scale, text.height + 3 * scale];
  const x = Math.max(0, Math.min(left, image.width - width));
  const y = top >= height ? top - height : top;
  fillRectangle(image, x, y, width, height, colour);
  drawText(image, label, x + 2 * scale, y + 2 * scale, contrasting(colour), scale);
}

function defaultColours(count: number): (label: string, i: number) => Colour {
  const palette = classPalette(count);
  return (_, i) => palette[i]!;
}

/** Black or white, whichever is easier to read on a colour (ITU-R BT.709 luma). */
function contrasting([r, g, b]: Colour): Colour {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 120 ? [0, 0, 0] : [255, 255, 255];
}

/**
 * Turbo, Google's rainbow map for depth (A. Mikhailov, "Turbo, an improved rainbow colormap for visualization", 2019), in
 * the polynomial approximation published with it (R. Du).
 */
const TURBO = [
  [0.13572138, 4.6153926, -42.66032258, 132.13108234, -152.94239396, 59.28637943],
  [0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604],
  [0.1066733, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973],
] as const;

function turbo(x: number): Colour {
  const t = clamp01(x);
  const [r, g, b] = TURBO.map((coefficients) => {
    const value = coefficients.reduceRight<number>((sum, coefficient) => sum * t + coefficient, 0);
    return Math.round(255 * clamp01(value));
  }) as [number, number, number];
  return [r, g, b];
}

function clamp01(x: number): number {
  return Math.min(1, Math.max(0, x));
}

/** A picture from a colour for each pixel, which `colourAt` gives from where the pixel's values begin. */
function mapPixels(raster: Raster, channels: number, colourAt: (at: number) => Colour): RgbImage {
  const { width, height } = raster;
  if (raster.channels !== channels) {
    throw new InvalidInputError(`expected ${channels} channels to be coloured, got ${raster.channels}`);
  }
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(colourAt(i * channels), i * 3);
  return { width, height, channels: 3, data };
}
