import type { Raster } from '../../../../src/media/raster.js';
import { type ResizeFilter, resize } from '../../../../src/media/resize.js';
import { type OpenCvInterpolation, resizeOpenCv } from '../../../../src/media/resize-opencv.js';
import { resizeTorch } from '../../../../src/media/resize-torch.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { setsOf } from './sets.js';

type ResizeSet = {
  readonly tensor: string;
  readonly input: string;
  readonly width: number;
  readonly height: number;
  readonly dtype: string;
} & (
  | { readonly library: 'opencv'; readonly filter: OpenCvInterpolation }
  | {
      readonly library: 'pillow';
      readonly filter: ResizeFilter;
      readonly box?: [left: number, top: number, right: number, bottom: number];
    }
  | {
      readonly library: 'torch';
      readonly filter: 'bilinear' | 'bicubic';
      readonly antialias: boolean;
      readonly align_corners: boolean;
    }
);

/** `image.resize`: pictures resized as by three libraries. */
export function resizedPictures(task: Inputs, out: Outputs): void {
  for (const set of setsOf<ResizeSet>(task)) {
    const [height, width, channels = 1] = task.shape(set.input) as [number, number, number?];
    const data = task.bytes(set.input);
    const isFloat = set.dtype.startsWith('float32');
    const values = isFloat ? Float32Array.from(data, (x) => x / 255) : data;
    const resized = resizeAs(set, { width, height, channels, data: values });
    const size = [set.height, set.width];
    const isFlat = task.shape(set.input).length === 2;
    out.tensor(
      set.tensor,
      resized,
      isFlat ? size : set.library === 'torch' ? [channels, ...size] : [...size, channels],
    );
  }
}

function resizeAs(set: ResizeSet, raster: Raster<Uint8Array | Float32Array>): Uint8Array | Float32Array {
  const { width, height } = set;
  if (set.library === 'opencv') return resizeOpenCv(raster, width, height, set.filter).data;
  if (set.library === 'pillow') {
    const [left, top, right, bottom] = set.box ?? [0, 0, raster.width, raster.height];
    return resize(raster, width, height, set.filter, { left, top, right, bottom }).data;
  }
  const { filter, antialias, align_corners: alignCorners } = set;
  const floats = { ...raster, data: raster.data as Float32Array };
  const resized = resizeTorch(floats, width, height, filter, { antialias, alignCorners });
  return planes(resized);
}

/** Channel by channel. */
function planes({ channels, data }: Raster<Float32Array>): Float32Array {
  const size = data.length / channels;
  return Float32Array.from(data, (_, i) => data[(i % size) * channels + Math.floor(i / size)]!);
}
