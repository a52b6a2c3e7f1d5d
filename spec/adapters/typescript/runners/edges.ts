/** Edges and derivatives of pictures. */
import * as v from 'valibot';
import { canny } from '../../../../src/media/analysis/canny.js';
import { type Aperture, laplacian, sobel } from '../../../../src/media/analysis/derivatives.js';
import { gaussianBlur } from '../../../../src/media/analysis/gaussian.js';
import type { Raster } from '../../../../src/media/raster.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';
import { setsOf } from './sets.js';

/** In OpenCV, kernel size -1 is the Scharr kernel. */
const apertureOf = (size: number): Aperture => (size === -1 ? 'scharr' : size);

interface CannySet {
  readonly tensor: string;
  readonly input: string;
  readonly low: number;
  readonly high: number;
  readonly aperture: 3 | 5 | 7;
  readonly l2gradient: boolean;
}

/** `image.canny`: edge maps, pixel for pixel. */
export function cannyEdges(task: Inputs, out: Outputs): void {
  setsOf<CannySet>(task).forEach(({ tensor, input, low, high, aperture, l2gradient }, i) => {
    const edges = canny(greyRaster(task, input), low, high, { aperture, l2: l2gradient }).data;
    out.tensor(tensor, edges, task.shape(input));
    out.value(`/sets/${i}/edge_pixels`, edges.filter(Boolean).length);
  });
}

interface DerivativeSet {
  readonly tensor: string;
  readonly input: string;
  readonly ksize: number;
  readonly dx: number;
  readonly dy: number;
  readonly border?: 'replicate';
}

const filtersSchema = v.array(
  v.variant('filter', [
    v.strictObject({ filter: v.literal('laplacian'), result: v.string(), input: v.string(), ksize: v.number() }),
    v.strictObject({
      filter: v.literal('gaussian'),
      result: v.string(),
      input: v.string(),
      ksize: v.number(),
      /** 0: computed from the kernel size, as OpenCV does. */
      sigma: v.number(),
    }),
  ]),
);

/** `image.sobel`: derivatives, second derivatives and blurred pictures. */
export function derivatives(task: Inputs, out: Outputs): void {
  for (const { tensor, input, ksize, dx, dy, border } of setsOf<DerivativeSet>(task)) {
    const { data } = sobel(greyRaster(task, input), dx, dy, apertureOf(ksize), border);
    out.tensor(tensor, data, task.shape(input));
  }
  for (const call of optionsOf(filtersSchema, task.options.filters ?? [], 'filters')) {
    const raster = greyRaster(task, call.input);
    const shape = task.shape(call.input);
    if (call.filter === 'laplacian') out.tensor(call.result, laplacian(raster, call.ksize).data, shape);
    else {
      const floats = { ...raster, data: Float32Array.from(raster.data) };
      out.tensor(call.result, gaussianBlur(floats, call.ksize, call.sigma).data, shape);
    }
  }
}

function greyRaster(task: Inputs, name: string): Raster<Uint8Array> {
  const [height, width] = task.shape(name) as [number, number];
  return { width, height, channels: 1, data: task.bytes(name) };
}
