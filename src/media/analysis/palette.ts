import { InvalidInputError } from '../../errors.js';
import type { RgbImage } from '../raster.js';

/** The colours of a picture, the most frequent first. */
export interface ColourClusters {
  /** Mean colours, [K, 3], 0…255. */
  readonly centres: Float64Array;
  /** Pixels of each colour, descending. */
  readonly sizes: readonly number[];
  /** The colour of every pixel, as an index into `centres`. [h · w] */
  readonly labels: Uint8Array;
  /** Sum of the squared distances of all pixels to their colours. */
  readonly inertia: number;
  /** How often pixels were assigned to colours, the last time without a change. */
  readonly iterations: number;
}

/**
 * The main colours of a picture by k-means with given first centres (Lloyd's algorithm in RGB, until no pixel changes its
 * colour; `KMeans(algorithm='lloyd', tol=0)` of scikit-learn). A colour without pixels stays where it is.
 *
 * @param initial first centres, [K, 3], K from 1 to 256
 * @throws InvalidInputError if the values do not have this shape
 */
export function clusterColours({ data }: RgbImage, initial: ArrayLike<number>): ColourClusters {
  const k = initial.length / 3;
  if (!(Number.isInteger(k) && k >= 1 && k <= 256)) {
    throw new InvalidInputError(
      `first centres must be from 1 to 256 colours of 3 values, not ${initial.length} values`,
    );
  }
  const centres = Float64Array.from(initial);
  const labels = new Uint8Array(data.length / 3);
  const sizes = new Array<number>(k).fill(0);
  let iterations = 0;
  let hasChanged = true;
  while (hasChanged) {
    hasChanged = assign(data, centres, labels, iterations === 0);
    iterations++;
    moveToMeans(data, labels, centres, sizes);
  }
  const order = [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]!);
  const rank = order.map((_, cluster) => order.indexOf(cluster));
  let inertia = 0;
  labels.forEach((label, pixel) => {
    inertia += squaredDistance(data, pixel, centres, label);
  });
  return {
    centres: Float64Array.from(order.flatMap((cluster) => [...centres.subarray(3 * cluster, 3 * cluster + 3)])),
    sizes: order.map((cluster) => sizes[cluster]!),
    labels: labels.map((label) => rank[label]!),
    inertia,
    iterations,
  };
}

/** Assigns every pixel to its nearest centre, the first of equal ones. @returns whether any pixel has another one than before */
function assign(data: Uint8Array, centres: Float64Array, labels: Uint8Array, isFirst: boolean): boolean {
  let hasChanged = isFirst;
  for (let pixel = 0; pixel < labels.length; pixel++) {
    let nearest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let cluster = 0; cluster < centres.length / 3; cluster++) {
      const distance = squaredDistance(data, pixel, centres, cluster);
      if (distance < least) [nearest, least] = [cluster, distance];
    }
    if (labels[pixel] !== nearest) hasChanged = true;
    labels[pixel] = nearest;
  }
  return hasChanged;
}

function moveToMeans(data: Uint8Array, labels: Uint8Array, centres: Float64Array, sizes: number[]): void {
  const sums = new Float64Array(centres.length);
  sizes.fill(0);
  labels.forEach((label, pixel) => {
    sizes[label]!++;
    for (let c = 0; c < 3; c++) sums[3 * label + c]! += data[3 * pixel + c]!;
  });
  sums.forEach((sum, i) => {
    const size = sizes[Math.floor(i / 3)]!;
    if (size > 0) centres[i] = sum / size;
  });
}

function squaredDistance(data: Uint8Array, pixel: number, centres: Float64Array, cluster: number): number {
  let sum = 0;
  for (let c = 0; c < 3; c++) sum += (data[3 * pixel + c]! - centres[3 * cluster + c]!) ** 2;
  return sum;
}
