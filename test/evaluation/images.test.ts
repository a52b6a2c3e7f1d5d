import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImageMetric, psnr, ssim } from '../../src/evaluation/images.js';
import type { Raster } from '../../src/media/raster.js';
import { expectClose } from '../vectors.js';
import { evaluationCase } from './cases.js';

interface ImageSet {
  name: string;
  data_range: number;
  expected: { psnr: number | 'Infinity'; ssim_default?: number; ssim_gaussian?: number };
}
const { json, read } = evaluationCase<{ sets: ImageSet[] }>('image_quality');
const TOLERANCE = { rtol: 1e-9, atol: 1e-9 };

/** Sizes of the sets that are not 48 × 60. */
const SIDES: Record<string, number> = { min7: 7, min11: 11, small: 5 };

function raster(set: string, which: 'a' | 'b'): Raster {
  const values = read(`in.${set}.${which}`);
  const [height, width] = SIDES[set] ? [SIDES[set], SIDES[set]] : [48, 60];
  const data = set.startsWith('float') ? Float32Array.from(values) : Uint8Array.from(values);
  return { width, height, channels: values.length / (width * height), data };
}

test.each(json.sets)('pictures of the reference vectors: $name', ({ name, data_range: range, expected }) => {
  const [a, b] = [raster(name, 'a'), raster(name, 'b')];
  if (expected.psnr === 'Infinity') expect(psnr(a, b, range)).toBe(Number.POSITIVE_INFINITY);
  else expectClose([psnr(a, b, range)], [expected.psnr], TOLERANCE, 'PSNR');
  const windows = { uniform: expected.ssim_default, gaussian: expected.ssim_gaussian };
  for (const window of ['uniform', 'gaussian'] as const) {
    const wanted = windows[window];
    if (wanted === undefined) expect(() => ssim(a, b, { range, window })).toThrow('SSIM needs images of at least');
    else expectClose([ssim(a, b, { range, window })], [wanted], TOLERANCE, `SSIM, ${window} window`);
  }
});

function picture(bytes: readonly number[]): Raster<Uint8Array> {
  return { width: 8, height: 8, channels: 1, data: Uint8Array.from(bytes) };
}
const pictures = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 64, maxLength: 64 }).map(picture);

describe('image metrics', () => {
  test('a picture is like itself', () => {
    fc.assert(
      fc.property(pictures, (a) => {
        expect(ssim(a, a)).toBe(1);
        expect(psnr(a, a)).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });

  test('the order of the two does not count, and figures stay in bounds', () => {
    fc.assert(
      fc.property(pictures, pictures, (a, b) => {
        expect(ssim(a, b)).toBeCloseTo(ssim(b, a), 12);
        expect(Math.abs(ssim(a, b))).toBeLessThanOrEqual(1);
        expect(psnr(a, b)).toBe(psnr(b, a));
        expect(psnr(a, b)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('figures of several pictures are means', () => {
    const [a, b, c] = [0, 10, 50].map((value) => picture(new Array(64).fill(value))) as [Raster, Raster, Raster];
    const metric = new ImageMetric();
    metric.add(a, b);
    metric.add(a, c);
    expect(metric.result().psnr).toBeCloseTo((psnr(a, b) + psnr(a, c)) / 2, 12);
    expect(metric.result().ssim).toBeCloseTo((ssim(a, b) + ssim(a, c)) / 2, 12);
  });

  test('refuses pictures of different sizes', () => {
    const a = picture(new Array(64).fill(0));
    expect(() => psnr(a, { ...a, width: 4, height: 16 })).toThrow(
      'images to compare must have the same size, not 8×8 with 1 channels and 4×16 with 1 channels',
    );
    expect(() => new ImageMetric().result()).toThrow('ImageMetric has no samples');
  });
});
