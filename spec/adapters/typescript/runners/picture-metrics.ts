import { InvalidInputError } from '../../../../src/errors.js';
import { CaptionMetric } from '../../../../src/evaluation/captions.js';
import { psnr, type SsimWindow, ssim } from '../../../../src/evaluation/images.js';
import type { Raster } from '../../../../src/media/raster.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison, Figures } from '../../../harness/comparison.js';

interface PictureSet {
  readonly name: string;
  readonly data_range: number;
  readonly expected: { psnr: number | 'Infinity'; ssim_default?: number; ssim_gaussian?: number };
}

/** `eval.image`: how alike pictures are. */
export function pictureMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name, data_range: range, expected } of (reference.json() as { sets: PictureSet[] }).sets) {
    const [a, b] = [raster(reference, `in.${name}.a`), raster(reference, `in.${name}.b`)];
    compare.numbers(`${name}.psnr`, [psnr(a, b, range)], [Number(expected.psnr)]);
    const windows = { ssim_default: 'uniform', ssim_gaussian: 'gaussian' } as const;
    for (const [field, window] of Object.entries(windows) as [keyof typeof windows, SsimWindow][]) {
      const wanted = expected[field];
      const measured = ssimOf(a, b, range, window);
      if (wanted === undefined || measured === undefined) compare.value(`${name}.${field}`, measured, wanted);
      else compare.numbers(`${name}.${field}`, [measured], [wanted]);
    }
  }
}

/** Pictures smaller than the window have none. */
function ssimOf(a: Raster, b: Raster, range: number, window: SsimWindow): number | undefined {
  try {
    return ssim(a, b, { range, window });
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

function raster(reference: ConformanceCase, name: string): Raster {
  const [height, width, channels = 1] = reference.shape(name) as [number, number, number?];
  return { width, height, channels, data: reference.data.read(name) as Float32Array | Uint8Array };
}

interface CaptionPair {
  readonly prediction_pairs: [colour: string, shape: string][];
  readonly reference_pairs: [colour: string, shape: string][];
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** `text.caption_f1`: how many of the objects of a picture a caption names. */
export function captionMetrics(reference: ConformanceCase, compare: Comparison): void {
  const { pairs, micro } = reference.json() as { pairs: CaptionPair[]; micro: Figures };
  const all = new CaptionMetric();
  pairs.forEach(({ prediction_pairs, reference_pairs, precision, recall, f1 }, i) => {
    const [named, truth] = [prediction_pairs, reference_pairs].map((list) =>
      list.map(([colour, shape]) => ({ colour, shape })),
    );
    const one = new CaptionMetric();
    for (const metric of [one, all]) metric.add(named!, truth!);
    compare.figures(`[${i}]`, { ...one.result() }, { precision, recall, f1 });
  });
  compare.figures('micro', { ...all.result() }, micro);
}
