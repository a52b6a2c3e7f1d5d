import {
  meanAbsoluteError,
  meanSquaredError,
  psnr,
  type SsimOptions,
  ssim,
  ssimMap,
  ssimOfChannels,
} from '../../../../src/evaluation/images.js';
import type { Raster } from '../../../../src/media/raster.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { setsOf } from './sets.js';

interface ImageSet {
  readonly name: string;
  readonly data_range: number;
}

const WINDOWS: Readonly<Record<string, SsimOptions>> = {
  ssim_default: { window: 'uniform' },
  ssim_uniform7_population: { window: 'uniform', covariance: 'population' },
  ssim_gaussian: { window: 'gaussian' },
};

/** `eval.image`: similarity of images. It is undefined for images smaller than the window. */
export function imageMetrics(task: Inputs, out: Outputs): void {
  setsOf<ImageSet>(task).forEach(({ name, data_range: range }, i) => {
    const [a, b] = [raster(task, `in.${name}.a`), raster(task, `in.${name}.b`)];
    const set = `/sets/${i}/expected`;
    out.value(set, { psnr: psnr(a, b, range), mse: meanSquaredError(a, b), mae: meanAbsoluteError(a, b) });
    out.attempt(`${set}/ssim_gaussian_per_channel`, () => ssimOfChannels(a, b, { range, window: 'gaussian' }));
    for (const [field, options] of Object.entries(WINDOWS)) {
      out.attempt(`${set}/${field}`, () => ssim(a, b, { range, ...options }));
    }
    for (const [output, window] of [
      ['map_default', 'uniform'],
      ['map_gaussian', 'gaussian'],
    ] as const) {
      const tensor = `out.${name}.${output}`;
      if (out.wants(tensor)) out.tensor(tensor, ssimMap(a, b, { range, window }), task.shape(`in.${name}.a`));
    }
  });
}

function raster(task: Inputs, name: string): Raster {
  const [height, width, channels = 1] = task.shape(name) as [number, number, number?];
  return { width, height, channels, data: task.read(name) as Float32Array | Uint8Array };
}
