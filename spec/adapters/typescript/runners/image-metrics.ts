import { InvalidInputError } from '../../../../src/errors.js';
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
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { setsOf } from './sets.js';

interface ImageSet {
  readonly name: string;
  readonly data_range: number;
  readonly expected: Readonly<Record<string, number | number[] | 'Infinity'>>;
}

const WINDOWS: Readonly<Record<string, SsimOptions>> = {
  ssim_default: { window: 'uniform' },
  ssim_uniform7_population: { window: 'uniform', covariance: 'population' },
  ssim_gaussian: { window: 'gaussian' },
};

/** `eval.image`: similarity of images. */
export function imageMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name, data_range: range, expected } of setsOf<ImageSet>(reference)) {
    const [a, b] = [raster(reference, `in.${name}.a`), raster(reference, `in.${name}.b`)];
    const { mse, mae, psnr: ratio, ssim_gaussian_per_channel: channels, ...similarities } = expected;
    compare.numbers(`${name}.psnr`, [psnr(a, b, range)], [Number(ratio)]);
    compare.numbers(`${name}.mse`, [meanSquaredError(a, b)], [mse as number]);
    compare.numbers(`${name}.mae`, [meanAbsoluteError(a, b)], [mae as number]);
    if (channels !== undefined) {
      const ours = ssimOfChannels(a, b, { range, window: 'gaussian' });
      compare.numbers(`${name}.ssim_gaussian_per_channel`, ours, channels as number[]);
    }
    compare.entry(name, similarities, Object.keys(WINDOWS));
    for (const [field, options] of Object.entries(WINDOWS)) {
      const wanted = similarities[field];
      const ours = unlessTooSmall(() => ssim(a, b, { range, ...options }));
      if (wanted === undefined || ours === undefined) compare.value(`${name}.${field}`, ours, wanted);
      else compare.numbers(`${name}.${field}`, [ours], [wanted as number]);
    }
    for (const [output, window] of [
      ['map_default', 'uniform'],
      ['map_gaussian', 'gaussian'],
    ] as const) {
      const tensor = `out.${name}.${output}`;
      if (compare.expects(tensor)) compare.tensor(tensor, ssimMap(a, b, { range, window }));
    }
  }
}

/** Images smaller than the window have no similarity. */
function unlessTooSmall(measure: () => number): number | undefined {
  try {
    return measure();
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

function raster(reference: ConformanceCase, name: string): Raster {
  const [height, width, channels = 1] = reference.shape(name) as [number, number, number?];
  return { width, height, channels, data: reference.data.read(name) as Float32Array | Uint8Array };
}
