import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import type { Raster } from '../../src/media/raster.js';
import { centreCrop, crop, cropToSquare, type ResizeFilter, resize } from '../../src/media/resize.js';
import { expectClose, vectorCase } from '../vectors.js';

const filters: ResizeFilter[] = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'];

describe('Pillow', () => {
  const { data } = vectorCase('resize');
  const raster = (name: string): Raster<Uint8Array> => {
    const [height, width, channels = 1] = data.tensors.get(name)!.shape as [number, number, number?];
    return { width, height, channels, data: data.read(name) as Uint8Array };
  };
  const cases = [...data.tensors.keys()].flatMap((name) => {
    const match = /^out\.(\w+)\.(pilf?)_([a-z]+)_(\d+)x(\d+)$/.exec(name);
    return match
      ? [[name, ...match.slice(1)] as unknown as [string, string, string, ResizeFilter, string, string]]
      : [];
  });
  test('there are cases', () => expect(cases.length).toBeGreaterThan(20));

  test.each(cases)('%s', (name, source, kind, filter, width, height) => {
    const bytes = raster(`in.${source}`);
    const expected = data.read(name);
    if (kind === 'pil') expect(resize(bytes, +width, +height, filter).data).toEqual(expected);
    else {
      const floats = { ...bytes, data: Float32Array.from(bytes.data, (x) => x / 255) };
      expectClose(resize(floats, +width, +height, filter).data, expected as Float32Array, { rtol: 0, atol: 1e-5 });
    }
  });
});

describe('resizing', () => {
  const size = fc.integer({ min: 1, max: 12 });
  test('a picture of one value stays one, in any storage', () => {
    const storage = fc.constantFrom(Uint8Array, Uint16Array, Int32Array, Float32Array);
    fc.assert(
      fc.property(
        fc.constantFrom(...filters),
        storage,
        size,
        size,
        size,
        size,
        fc.nat(255),
        (filter, Storage, w, h, w2, h2, v) => {
          const flat = { width: w, height: h, channels: 2, data: new Storage(w * h * 2).fill(v) };
          const { data, ...shape } = resize(flat, w2, h2, filter);
          expect(shape).toEqual({ width: w2, height: h2, channels: 2 });
          expect(data).toHaveLength(w2 * h2 * 2);
          for (const value of data) expect(value).toBeCloseTo(v, 3);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('nearest creates no new value, and the same size changes nothing', () => {
    fc.assert(
      fc.property(size, size, size, size, (w, h, w2, h2) => {
        const ids = { width: w, height: h, channels: 1, data: Int32Array.from({ length: w * h }, (_, i) => i * 7) };
        for (const id of resize(ids, w2, h2, 'nearest').data) expect(ids.data).toContain(id);
        for (const filter of filters) expect(resize(ids, w, h, filter)).toEqual(ids);
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    [0, 1],
    [2, -1],
    [1.5, 2],
  ])('to %f × %f is refused', (width, height) => {
    const dot = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) };
    expect(() => resize(dot, width, height, 'bilinear')).toThrow(InvalidInputError);
  });
});

describe('cropping', () => {
  const raster = { width: 4, height: 3, channels: 1, data: Uint8Array.from({ length: 12 }, (_, i) => i) };
  test('a part, the middle, the largest square', () => {
    expect([...crop(raster, 1, 1, 2, 2).data]).toEqual([5, 6, 9, 10]);
    expect([...centreCrop(raster, 2, 1).data]).toEqual([5, 6]);
    expect(cropToSquare(raster)).toMatchObject({
      width: 3,
      height: 3,
      data: Uint8Array.of(0, 1, 2, 4, 5, 6, 8, 9, 10),
    });
  });
  test('beyond the edge is refused', () => {
    expect(() => crop(raster, 3, 0, 2, 1)).toThrow(/cannot crop 2 × 1 at \(3, 0\) from 4 × 3/);
    expect(() => centreCrop(raster, 5, 1)).toThrow(InvalidInputError);
  });
});
