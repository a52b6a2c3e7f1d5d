import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import { type Border, borderIndex } from '../../../src/media/analysis/border.js';
import { laplacian, sobel } from '../../../src/media/analysis/derivatives.js';
import { gaussianBlur, gaussianKernel } from '../../../src/media/analysis/gaussian.js';
import { imageOf, imagesOf, transposed } from './images.js';

describe('borderIndex', () => {
  test.each<[Border, string]>([
    ['reflect-101', 'dcbabcdcba'],
    ['reflect', 'cbaabcddcb'],
    ['replicate', 'aaaabcdddd'],
  ])('%s', (border, expected) => {
    const row = Array.from({ length: 10 }, (_, i) => 'abcd'[borderIndex(i - 3, 4, border)]);
    expect(row.join('')).toBe(expected);
  });

  test('is inside the row, however far out the index', () => {
    const borders = fc.constantFrom<Border>('reflect-101', 'reflect', 'replicate');
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 1, max: 9 }), borders, (i, size, border) => {
        const at = borderIndex(i, size, border);
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at).toBeLessThan(size);
        if (i >= 0 && i < size) expect(at).toBe(i);
      }),
    );
  });
});

describe('sobel', () => {
  const ramp = imageOf(7, 6, (x) => [10 * x]);

  test.each([
    [1, 20],
    [3, 80],
    [5, 10 * 8 * 16],
    ['scharr', 320],
  ] as const)('of a ramp, size %s', (aperture, slope) => {
    const { data } = sobel(ramp, 1, 0, aperture);
    expect(data[3 * 7 + 3]).toBe(slope);
    expect(sobel(ramp, 0, 1, aperture).data.every((value) => value === 0)).toBe(true);
  });

  test('derivatives of the transposed image are the transposed derivatives', () => {
    const aperture = fc.constantFrom(1, 3, 5, 7, 9, 11);
    fc.assert(
      fc.property(imagesOf(2), aperture, (image, size) => {
        const across = sobel(transposed(image), 1, 0, size);
        const down = sobel(image, 0, 1, size);
        for (let y = 0; y < image.height; y++) {
          for (let x = 0; x < image.width; x++) {
            for (let c = 0; c < 2; c++) {
              expect(across.data[(x * image.height + y) * 2 + c]).toBe(down.data[(y * image.width + x) * 2 + c]);
            }
          }
        }
      }),
    );
  });

  test.each([
    [0, 0, 3],
    [3, 0, 3],
    [1, 0, 4],
    [1, 0, 13],
    [1, 1, 'scharr'],
    [2, 0, 'scharr'],
  ] as const)('there is no kernel for orders %d and %d of size %s', (dx, dy, aperture) => {
    expect(() => sobel(ramp, dx, dy, aperture)).toThrow(InvalidInputError);
  });
});

describe('laplacian', () => {
  test.each([
    [1, 1],
    [3, 8],
  ])('of a dot, size %d', (size, weight) => {
    const dot = imageOf(5, 5, (x, y) => [x === 2 && y === 2 ? 1 : 0]);
    const { data } = laplacian(dot, size);
    expect(data[12]).toBe(size === 1 ? -4 : -8);
    expect(data.reduce((sum, value) => sum + value, 0)).toBe(0);
    expect(data[size === 1 ? 7 : 6]).toBe(size === 1 ? weight : weight / 4);
  });

  test('of one value is 0', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 3, 5, 7), fc.nat(255), (size, value) => {
        expect(
          laplacian(
            imageOf(5, 4, () => [value]),
            size,
          ).data.every((x) => x === 0),
        ).toBe(true);
      }),
    );
  });

  test('refuses even sizes', () => {
    expect(() =>
      laplacian(
        imageOf(2, 2, () => [0]),
        2,
      ),
    ).toThrow(InvalidInputError);
  });
});

describe('gaussianBlur', () => {
  test('keeps one value, and the kernel adds up to 1', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 3, 5, 11), fc.double({ min: 0.1, max: 9, noNaN: true }), (size, deviation) => {
        expect(gaussianKernel(size, deviation).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
        const flat = { width: 3, height: 2, channels: 1, data: new Float32Array(6).fill(7) };
        for (const value of gaussianBlur(flat, size, deviation).data) expect(value).toBeCloseTo(7, 5);
      }),
    );
  });

  test('refuses even sizes and negative deviations', () => {
    const flat = { width: 1, height: 1, channels: 1, data: new Float32Array(1) };
    expect(() => gaussianBlur(flat, 4, 1)).toThrow(InvalidInputError);
    expect(() => gaussianBlur(flat, 3, -1)).toThrow(InvalidInputError);
  });
});
