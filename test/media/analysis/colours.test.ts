import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deltaE76, deltaE94, deltaE2000 } from '../../../src/media/analysis/colour-difference.js';
import { greyOpenCv, greyPillow, toGrey } from '../../../src/media/analysis/grey.js';
import { hlsOpenCv } from '../../../src/media/analysis/hls.js';
import { hsvOpenCv, hsvPillow, rgbToHsv, rgbToHsvOpenCv } from '../../../src/media/analysis/hsv.js';
import { rgbToLab } from '../../../src/media/analysis/lab.js';
import { labFloatOpenCv, labOpenCv } from '../../../src/media/analysis/lab-opencv.js';
import type { Triple } from '../../../src/media/analysis/per-pixel.js';
import { yCbCrPillow, yCrCbOpenCv } from '../../../src/media/analysis/ycc.js';
import { imageOf } from './images.js';

const byte = fc.nat(255);
const pixel = (...rgb: number[]) => imageOf(1, 1, () => rgb);

describe('one colour', () => {
  test.each([
    ['hsvOpenCv', hsvOpenCv(pixel(0, 0, 255)), [120, 255, 255]],
    ['hsvOpenCv, full range', hsvOpenCv(pixel(0, 0, 255), 256), [171, 255, 255]],
    ['hsvPillow', hsvPillow(pixel(0, 0, 255)), [170, 255, 255]],
    ['hlsOpenCv', hlsOpenCv(pixel(0, 128, 0)), [60, 64, 255]],
    ['yCrCbOpenCv', yCrCbOpenCv(pixel(255, 0, 0)), [76, 255, 85]],
    ['yCbCrPillow', yCbCrPillow(pixel(255, 0, 0)), [76, 85, 255]],
    ['labOpenCv', labOpenCv(pixel(255, 0, 0)), [136, 208, 195]],
    ['grey', toGrey(pixel(255, 0, 0), greyOpenCv), [76]],
  ])('%s', (_, { data }, expected) => expect([...data]).toEqual(expected));

  test('in CIELAB', () => {
    [53.24, 80.09, 67.2].forEach((value, i) => {
      expect(rgbToLab(1, 0, 0)[i]).toBeCloseTo(value, 1);
    });
  });
});

test('grey has neither hue nor saturation, in any convention', () => {
  fc.assert(
    fc.property(byte, (v) => {
      expect(rgbToHsv(v / 255, v / 255, v / 255)).toEqual([0, 0, v / 255]);
      expect([...hsvOpenCv(pixel(v, v, v)).data]).toEqual([0, 0, v]);
      expect([...hsvPillow(pixel(v, v, v)).data]).toEqual([0, 0, v]);
      expect([...hlsOpenCv(pixel(v, v, v)).data]).toEqual([0, v, 0]);
      expect([...yCrCbOpenCv(pixel(v, v, v)).data]).toEqual([v, 128, 128]);
      expect([...yCbCrPillow(pixel(v, v, v)).data].slice(1)).toEqual([128, 128]);
      const [, a, b] = rgbToLab(v / 255, v / 255, v / 255);
      expect(Math.hypot(a, b)).toBeLessThan(0.02);
      expect(greyPillow(v, v, v)).toBe(v);
      expect(greyOpenCv(v, v, v)).toBe(v);
    }),
  );
});

test('a hue that OpenCV rounds away from', () => {
  expect([...hsvOpenCv(pixel(8, 3, 250)).data]).toEqual([120, 252, 250]);
});

test('conventions of one colour space agree to their rounding', () => {
  fc.assert(
    fc.property(byte, byte, byte, (r, g, b) => {
      const image = pixel(r, g, b);
      const [hue, saturation] = rgbToHsv(r / 255, g / 255, b / 255);
      const degrees = (turns: number) => Math.abs(((((turns - hue) % 360) + 540) % 360) - 180);
      // OpenCV rounds to 2°, after a product with a rounded reciprocal of the chroma, 122880 / chroma.
      const reciprocal = 122_880 / Math.max(1, Math.max(r, g, b) - Math.min(r, g, b));
      const rounding = 1 + (0.5 / Math.round(reciprocal)) * 360;
      expect(degrees(2 * hsvOpenCv(image).data[0]!)).toBeLessThanOrEqual(rounding);
      expect(degrees((hsvPillow(image).data[0]! * 360) / 255)).toBeLessThanOrEqual(1.5);
      expect(degrees(rgbToHsvOpenCv(r / 255, g / 255, b / 255)[0])).toBeLessThan(0.01);
      expect(Math.abs(hsvOpenCv(image).data[1]! - 255 * saturation)).toBeLessThan(0.6);
      const lab = rgbToLab(r / 255, g / 255, b / 255);
      labFloatOpenCv(image).forEach((value, i) => {
        expect(Math.abs(value - lab[i]!)).toBeLessThan(1.5);
      });
      const scaled = [lab[0] * 2.55, lab[1] + 128, lab[2] + 128];
      labOpenCv(image).data.forEach((value, i) => {
        expect(Math.abs(value - scaled[i]!)).toBeLessThan(3);
      });
    }),
    { examples: [[8, 3, 250]] },
  );
});

describe('differences', () => {
  test.each<[Triple, Triple, number]>([
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792],
    [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
    [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
  ])('CIEDE2000 of %j and %j as published (Sharma et al., 2005, table 1)', (first, second, expected) => {
    expect(deltaE2000(first, second)).toBeCloseTo(expected, 4);
    expect(deltaE2000(second, first)).toBeCloseTo(expected, 4);
  });

  // By scikit-image 0.26.
  test.each<[Triple, Triple, number]>([
    [[50, 2.49, -0.001], [50, -2.49, 0.001], 7.179162640001563],
    [[60, 30.7, -41.3], [55, -30.7, 41.3], 50.50743839925798],
    [[40, -12.25, 9.5], [40, 12.25, -9.5], 27.106274691078497],
    [[30, 5, 5], [30, -5, -5], 15.539029541850224],
    [[30, 7, 0], [31, -7, 0], 19.086549506013775],
  ])('CIEDE2000 of the opposite hues %j and %j', (first, second, expected) => {
    expect(deltaE2000(first, second)).toBeCloseTo(expected, 9);
  });

  test('equal colours have none, and others some', () => {
    const axis = fc.double({ min: -100, max: 100, noNaN: true });
    const lab = fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), axis, axis);
    fc.assert(
      fc.property(lab, lab, (a, b) => {
        for (const difference of [deltaE76, deltaE94, deltaE2000]) {
          expect(difference(a, a)).toBe(0);
          expect(difference(a, b)).toBeGreaterThanOrEqual(0);
        }
        expect(deltaE76(a, b)).toBe(deltaE76(b, a));
        expect(deltaE94(a, b)).toBeLessThanOrEqual(deltaE76(a, b) + 1e-9);
      }),
    );
  });
});
