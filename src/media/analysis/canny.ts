import { InvalidInputError } from '../../errors.js';
import { roundHalfToEven } from '../../numeric.js';
import type { Raster } from '../raster.js';
import { sobel } from './derivatives.js';

/** Options of {@link canny}. */
export interface CannyOptions {
  /** Size of the Sobel kernels. */
  readonly aperture?: 3 | 5 | 7;
  /** Gradient magnitude as the Euclidean norm; otherwise |dx| + |dy|. */
  readonly l2?: boolean;
}

/** tan 22.5° in 15-bit fixed point. */
const TAN_22 = 13573;
/** Kernels of size 7 are scaled so that derivatives fit 16 bits. */
const SCALE_7 = 1 / 16;

/**
 * Edges of a grey picture, pixel for pixel those of `cv2.Canny`: gradients with a replicated border, non-maximum
 * suppression along the gradient, and hysteresis, where weak edge pixels count if they are connected (8 neighbours) to a
 * strong one. The edge modality of 4M is computed this way. (Canny, 1986.)
 *
 * @param low  gradient magnitude above which a pixel may be an edge; the two thresholds are swapped if `low > high`
 * @param high gradient magnitude above which a pixel is a strong edge
 * @returns    h · w · 1 values, 255 on edges and 0 elsewhere
 * @throws InvalidInputError for a picture of several channels or another aperture
 */
export function canny(
  picture: Raster<Uint8Array>,
  low: number,
  high: number,
  { aperture = 3, l2 = false }: CannyOptions = {},
): Raster<Uint8Array> {
  if (picture.channels !== 1)
    throw new InvalidInputError(`Canny needs a grey picture, not ${picture.channels} channels`);
  if (![3, 5, 7].includes(aperture)) {
    throw new InvalidInputError(`a Canny aperture must be 3, 5 or 7, not ${aperture}`);
  }
  const [weak, strong] = [Math.min(low, high), Math.max(low, high)].map((threshold) => {
    const scaled = aperture === 7 ? threshold * SCALE_7 : threshold;
    const capped = Math.min(scaled, 32767);
    return Math.floor(!l2 ? scaled : capped > 0 ? capped * capped : capped);
  }) as [number, number];
  const [dx, dy] = [gradient(picture, 1, 0, aperture), gradient(picture, 0, 1, aperture)];
  const magnitude = Int32Array.from(dx, (x, i) => (l2 ? x * x + dy[i]! * dy[i]! : Math.abs(x) + Math.abs(dy[i]!)));
  const { width, height } = picture;
  const candidates = suppressNonMaxima(dx, dy, magnitude, width, height, weak);
  return { width, height, channels: 1, data: connected(candidates, magnitude, width, height, strong) };
}

function gradient(picture: Raster<Uint8Array>, dx: number, dy: number, aperture: number): Int32Array {
  const { data } = sobel(picture, dx, dy, aperture, 'replicate');
  return aperture === 7 ? data.map((value) => roundHalfToEven(value * SCALE_7)) : data;
}

/** Pixels whose magnitude is above `weak` and a maximum along the gradient. Ties keep the right and the lower pixel out. */
function suppressNonMaxima(
  dx: Int32Array,
  dy: Int32Array,
  magnitude: Int32Array,
  width: number,
  height: number,
  weak: number,
): Uint8Array {
  const at = (x: number, y: number) => (x < 0 || x >= width || y < 0 || y >= height ? 0 : magnitude[y * width + x]!);
  const kept = new Uint8Array(magnitude.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const m = magnitude[i]!;
      if (m <= weak) continue;
      const run = Math.abs(dx[i]!);
      const rise = Math.abs(dy[i]!) * 2 ** 15;
      if (rise < run * TAN_22) kept[i] = m > at(x - 1, y) && m >= at(x + 1, y) ? 1 : 0;
      else if (rise > run * TAN_22 + run * 2 ** 16) kept[i] = m > at(x, y - 1) && m >= at(x, y + 1) ? 1 : 0;
      else {
        const side = (dx[i]! ^ dy[i]!) < 0 ? -1 : 1;
        kept[i] = m > at(x - side, y - 1) && m > at(x + side, y + 1) ? 1 : 0;
      }
    }
  }
  return kept;
}

/** Candidates that are above `strong` or connected to such a one: 255, others 0. */
function connected(
  candidates: Uint8Array,
  magnitude: Int32Array,
  width: number,
  height: number,
  strong: number,
): Uint8Array {
  const edges = new Uint8Array(candidates.length);
  const open: number[] = [];
  candidates.forEach((isCandidate, i) => {
    if (!isCandidate || magnitude[i]! <= strong) return;
    edges[i] = 255;
    open.push(i);
  });
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    const [x, y] = [i % width, Math.floor(i / width)];
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        const neighbour = v * width + u;
        if (!candidates[neighbour] || edges[neighbour]) continue;
        edges[neighbour] = 255;
        open.push(neighbour);
      }
    }
  }
  return edges;
}
