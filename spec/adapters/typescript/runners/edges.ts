/** Edges and derivatives of pictures. */
import { canny } from '../../../../src/media/analysis/canny.js';
import { type Aperture, laplacian, sobel } from '../../../../src/media/analysis/derivatives.js';
import { gaussianBlur } from '../../../../src/media/analysis/gaussian.js';
import type { Raster } from '../../../../src/media/raster.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { setsOf } from './sets.js';

/** OpenCV numbers the Scharr kernel among the sizes of Sobel kernels. */
const apertureOf = (size: number): Aperture => (size === -1 ? 'scharr' : size);

interface CannySet {
  readonly tensor: string;
  readonly input: string;
  readonly low: number;
  readonly high: number;
  readonly aperture: 3 | 5 | 7;
  readonly l2gradient: boolean;
  readonly edge_pixels: number;
}

/** `image.canny`: edge maps, pixel for pixel. */
export function cannyEdges(reference: ConformanceCase, compare: Comparison): void {
  for (const { tensor, input, low, high, aperture, l2gradient, edge_pixels } of setsOf<CannySet>(reference)) {
    const edges = canny(greyRaster(reference, input), low, high, { aperture, l2: l2gradient }).data;
    compare.tensor(tensor, edges);
    compare.value(`${tensor} edge pixels`, edges.filter(Boolean).length, edge_pixels);
  }
}

interface DerivativeSet {
  readonly tensor: string;
  readonly input: string;
  readonly ksize: number;
  readonly dx: number;
  readonly dy: number;
  readonly border?: 'replicate';
}

/** `image.sobel`: derivatives, second derivatives and blurred pictures. */
export function derivatives(reference: ConformanceCase, compare: Comparison): void {
  const exact = { rtol: 0, atol: 0 };
  for (const { tensor, input, ksize, dx, dy, border } of setsOf<DerivativeSet>(reference)) {
    const { data } = sobel(greyRaster(reference, input), dx, dy, apertureOf(ksize), border);
    compare.tensor(tensor, data, exact);
  }
  for (const name of reference.data.tensors.keys()) {
    const [, source, filter, size] = /^out\.(\w+)\.(laplacian|gauss)(\d+)$/.exec(name) ?? [];
    if (source === undefined) continue;
    const raster = greyRaster(reference, `in.${source}`);
    if (filter === 'laplacian') {
      compare.tensor(name, laplacian(raster, Number(size)).data, exact);
    } else {
      const deviation = /sigma ([\d.]+)/.exec(`${reference.about.expected?.[name]?.about}`)?.[1] ?? 0;
      const floats = { ...raster, data: Float32Array.from(raster.data) };
      compare.tensor(name, gaussianBlur(floats, Number(size), Number(deviation)).data, { rtol: 0, atol: 1e-3 });
    }
  }
}

function greyRaster(reference: ConformanceCase, name: string): Raster<Uint8Array> {
  const [height, width] = reference.shape(name) as [number, number];
  return { width, height, channels: 1, data: reference.bytes(name) };
}
