import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { resize } from '../../src/media/resize.js';
import { type OpenCvInterpolation, resizeOpenCv } from '../../src/media/resize-opencv.js';
import { resizeTorch } from '../../src/media/resize-torch.js';

const side = fc.integer({ min: 1, max: 12 });
const interpolations: OpenCvInterpolation[] = ['nearest', 'bilinear', 'area', 'cubic', 'lanczos4'];
const row = (...values: number[]) => ({
  width: values.length,
  height: 1,
  channels: 1,
  data: Float32Array.from(values),
});

describe('resizeOpenCv', () => {
  test.each<[OpenCvInterpolation, number[]]>([
    ['nearest', [0, 8]],
    ['bilinear', [2, 10]],
    ['area', [2, 10]],
    ['cubic', [1.625, 10.375]],
  ])('%s does not antialias, save for area', (interpolation, expected) => {
    expect([...resizeOpenCv(row(0, 4, 8, 12), 2, 1, interpolation).data]).toEqual(expected);
  });

  test('one value stays, and the same size changes nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...interpolations), side, side, side, side, fc.nat(255), (how, w, h, w2, h2, v) => {
        const flat = { width: w, height: h, channels: 2, data: new Uint8Array(w * h * 2).fill(v) };
        expect(resizeOpenCv(flat, w2, h2, how).data).toEqual(new Uint8Array(w2 * h2 * 2).fill(v));
        const noise = { ...flat, data: flat.data.map((_, i) => (i * 97 + v) % 256) };
        expect(resizeOpenCv(noise, w, h, how)).toEqual(noise);
      }),
    );
  });

  test('refuses empty sizes', () => expect(() => resizeOpenCv(row(1), 0, 1, 'area')).toThrow(InvalidInputError));
});

describe('resizeTorch', () => {
  test('with aligned corners the corners stay', () => {
    const { data } = resizeTorch(row(1, 5, 9), 5, 1, 'bilinear', { alignCorners: true });
    expect([...data]).toEqual([1, 3, 5, 7, 9]);
  });

  test('antialiased, it is Pillow', () => {
    fc.assert(
      fc.property(fc.constantFrom('bilinear', 'bicubic'), side, side, side, side, (mode, w, h, w2, h2) => {
        const data = Float32Array.from({ length: w * h }, (_, i) => ((i * 37) % 101) / 101);
        const raster = { width: w, height: h, channels: 1, data };
        const ours = resizeTorch(raster, w2, h2, mode, { antialias: true }).data;
        resize(raster, w2, h2, mode).data.forEach((value, i) => {
          expect(ours[i]).toBeCloseTo(value, 4);
        });
      }),
    );
  });

  test('refuses empty sizes', () => expect(() => resizeTorch(row(1), 1, 0, 'bicubic')).toThrow(InvalidInputError));
});

describe('a part', () => {
  test('of whole pixels equals that of the cropped raster, except at the border', () => {
    const raster = row(9, 1, 2, 3, 4, 9);
    expect([...resize(raster, 2, 1, 'box', { left: 1, top: 0, right: 5, bottom: 1 }).data]).toEqual([1.5, 3.5]);
  });

  test.each([
    { left: 1, top: 0, right: 1, bottom: 1 },
    { left: -1, top: 0, right: 2, bottom: 1 },
    { left: 0, top: 0, right: 3, bottom: 1 },
    { left: Number.NaN, top: 0, right: 2, bottom: 1 },
  ])('must be inside: %j', (box) => {
    expect(() => resize(row(1, 2), 1, 1, 'box', box)).toThrow(InvalidInputError);
  });
});
