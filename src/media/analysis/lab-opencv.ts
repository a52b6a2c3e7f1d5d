/** CIELAB as OpenCV computes it: by tables, and so less exactly than {@link rgbToLab}. */
import { roundHalfToEven } from '../../numeric.js';
import type { RgbImage } from '../raster.js';
import { compress, linearOf, RGB_TO_XYZ, rgbToLab } from './lab.js';
import { perPixel, type Triple } from './per-pixel.js';

/** Grid points along each channel. */
const POINTS = 33;
/** Interpolation steps between two grid points. */
const STEPS = 16;
/** Units of the table: L / 100 and (a + 128) / 256 in 14 bits. */
const UNIT = 2 ** 14;

/** CIELAB at every point of the grid, in {@link UNIT}s. [33 · 33 · 33 · 3] */
let table: Int32Array | undefined;

/**
 * CIELAB of a picture as OpenCV computes it for floats (`COLOR_RGB2LAB` of values 0…1): interpolated between the points of
 * a grid in sRGB, which is off by up to 0.3.
 *
 * @returns L 0…100, a and b. [h · w · 3]
 */
export function labFloatOpenCv({ data }: RgbImage): Float64Array {
  table ??= makeTable();
  const points = table;
  return perPixel(data, new Float64Array(data.length), (r, g, b) => {
    const [lightness, first, second] = interpolate(points, [r, g, b].map(stepsOf) as unknown as Triple);
    return [(100 * lightness) / UNIT, (256 * first) / UNIT - 128, (256 * second) / UNIT - 128];
  });
}

/** Grid position of an 8-bit channel, rounded down to steps. */
function stepsOf(channel: number): number {
  return Math.floor((roundHalfToEven((channel / 255) * UNIT) / UNIT) * (POINTS - 1) * STEPS);
}

function makeTable(): Int32Array {
  const values = new Int32Array(3 * POINTS ** 3);
  const unit = 1 / (POINTS - 1);
  for (let r = 0, to = 0; r < POINTS; r++) {
    for (let g = 0; g < POINTS; g++) {
      for (let b = 0; b < POINTS; b++, to += 3) {
        const [lightness, first, second] = rgbToLab(r * unit, g * unit, b * unit);
        const scaled = [lightness / 100, (first + 128) / 256, (second + 128) / 256];
        values.set(
          scaled.map((value) => roundHalfToEven(value * UNIT)),
          to,
        );
      }
    }
  }
  return values;
}

/** The weighted mean of the eight grid points around a position, rounded. */
function interpolate(points: Int32Array, position: Triple): Triple {
  const base = position.map((steps) => Math.floor(steps / STEPS));
  const rest = position.map((steps) => steps % STEPS);
  const sums = [0, 0, 0];
  for (let corner = 0; corner < 8; corner++) {
    const isNext = [corner & 1, (corner >> 1) & 1, corner >> 2];
    const weight = rest.reduce((product, part, i) => product * (isNext[i] ? part : STEPS - part), 1);
    if (weight === 0) continue;
    const [r, g, b] = base.map((index, i) => index + isNext[i]!) as [number, number, number];
    for (let c = 0; c < 3; c++) sums[c]! += weight * points[3 * ((r * POINTS + g) * POINTS + b) + c]!;
  }
  return sums.map((sum) => Math.floor(sum / STEPS ** 3 + 0.5)) as unknown as Triple;
}

/** Linear channels have 3 fractional bits beside their 8; cube roots have 15, and the matrix 12. */
const CHANNEL_BITS = 3;
const ROOT_BITS = 15;
const MATRIX_BITS = 12;
/** XYZ of the D65 white, as in OpenCV. */
const WHITE = [0.950456, 1, 1.088754];
const MATRIX = RGB_TO_XYZ.map((row, i) =>
  row.map((weight) => roundHalfToEven((weight / WHITE[i]!) * 2 ** MATRIX_BITS)),
);
/** 8-bit lightness is 1.16 · 255 times the root of Y, less 0.16 · 255. */
const LIGHTNESS_SCALE = Math.floor((116 * 255 + 50) / 100);
const LIGHTNESS_OFFSET = Math.floor((16 * 255 * 2 ** ROOT_BITS + 50) / 100);

/** CIELAB in 8 bits as OpenCV has it: L · 255/100, a + 128 and b + 128, in fixed point. [h · w · 3] */
export function labOpenCv(image: RgbImage): RgbImage {
  const highest = 255 * 2 ** CHANNEL_BITS;
  const linear = Array.from({ length: 256 }, (_, i) => roundHalfToEven(highest * linearOf(i / 255)));
  const roots = Array.from({ length: 1.5 * 256 * 2 ** CHANNEL_BITS }, (_, i) =>
    roundHalfToEven(compress(i / highest) * 2 ** ROOT_BITS),
  );
  const convert = (...rgb: Triple): Triple => {
    const [x, y, z] = MATRIX.map((row) => {
      const sum = row.reduce((total, weight, c) => total + weight * linear[rgb[c]!]!, 0);
      return roots[descale(sum, MATRIX_BITS)]!;
    }) as [number, number, number];
    const colour = (difference: number) => descale(difference, ROOT_BITS) + 128;
    return [
      clamp(descale(LIGHTNESS_SCALE * y - LIGHTNESS_OFFSET, ROOT_BITS)),
      clamp(colour(500 * (x - y))),
      clamp(colour(200 * (y - z))),
    ];
  };
  return { ...image, data: perPixel(image.data, new Uint8Array(image.data.length), convert) };
}

/** A fixed-point number as a whole one, rounded. */
function descale(value: number, bits: number): number {
  return Math.floor(value / 2 ** bits + 0.5);
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 255);
}
