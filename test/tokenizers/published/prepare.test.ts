import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import type { Raster, RasterData } from '../../../src/media/raster.js';
import { drawOutput, prepareFor, restoreFrom } from '../../../src/tokenizers/published/index.js';
import { small, withSize } from './presets-for-tests.js';

const map = <T extends RasterData>(data: T, width: number, channels = 1): Raster<T> => ({
  width,
  height: data.length / width / channels,
  channels,
  data,
});
const bytes = (...values: number[]) => Uint8Array.from(values);
const floats = (...values: number[]) => Float32Array.from(values);
const near = (values: ArrayLike<number>) => Array.from(values, (x) => expect.closeTo(x, 5));

describe('rgb', () => {
  test('red, green, blue from -1 for black to 1 for white, of the largest square in the middle', () => {
    const picture = map(bytes(9, 9, 9, 0, 255, 51, 102, 153, 204, 7, 7, 7), 4, 3);
    expect(prepareFor(small('rgb', 1), { ...picture, height: 1 })).toEqual({
      height: 1,
      width: 1,
      values: floats(-1, 1, -0.6),
    });
    const square = map(
      bytes(...new Array(6).fill([0, 255, 51]).flat(), ...new Array(3).fill([0, 255, 51]).flat()),
      3,
      3,
    );
    expect([...prepareFor(small('rgb', 2), square).values]).toEqual(near([...new Array(4).fill([-1, 1, -0.6]).flat()]));
  });

  test('grey pictures are grey in colour', () => {
    expect([...prepareFor(small('rgb', 1), map(bytes(255), 1)).values]).toEqual([1, 1, 1]);
  });

  test('every picture survives; values beyond black and white are clamped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (data) => {
        const preset = small('rgb', 2);
        const { values, width, height } = prepareFor(preset, map(data, 2, 3));
        const restored = restoreFrom(preset, { values: values as Float32Array, width, height });
        expect(restored).toEqual(map(data, 2, 3));
      }),
    );
    const restored = restoreFrom(small('rgb', 1), { values: floats(-3, 3, 0.3), width: 1, height: 1 });
    expect([...restored.data]).toEqual([0, 255, 166]);
  });
});

describe('normals', () => {
  test('pictures and vectors mean the same', () => {
    const preset = small('normal', 1);
    expect([...prepareFor(preset, map(bytes(0, 255, 51), 1, 3)).values]).toEqual(near([-1, 1, -0.6]));
    expect([...prepareFor(preset, map(floats(-1, 1, -0.6), 1, 3)).values]).toEqual(near([-1, 1, -0.6]));
  });

  test('come back as a picture', () => {
    const restored = restoreFrom(small('normal', 1), { values: floats(-1, 1, -0.6), width: 1, height: 1 });
    expect(restored).toEqual(map(bytes(0, 255, 51), 1, 3));
  });
});

describe('edges', () => {
  test('have one channel, made of three where they are given', () => {
    expect([...prepareFor(small('edges', 1), map(bytes(51), 1)).values]).toEqual(near([-0.6]));
    expect([...prepareFor(small('edges', 1), map(bytes(51, 51, 51), 1, 3)).values]).toEqual(near([-0.6]));
    expect([...prepareFor(small('edges', 1), map(bytes(255, 0, 0), 1, 3)).values]).toEqual(near([76 / 127.5 - 1]));
  });

  test('come back in grey, from three channels too', () => {
    expect(restoreFrom(small('edges', 1), { values: floats(1), width: 1, height: 1 })).toEqual(map(bytes(255), 1));
    const three = withSize(small('edges', 1), { channels: 3 });
    expect(restoreFrom(three, { values: floats(1, 1, 1), width: 1, height: 1 })).toEqual(map(bytes(255), 1));
    expect([...prepareFor(three, map(bytes(51), 1)).values]).toEqual(near([-0.6, -0.6, -0.6]));
  });
});

describe('depth', () => {
  const ramp = floats(...Array.from({ length: 16 }, (_, i) => i));

  test('is standardised without its extreme tenths', () => {
    // Of 16 values, ranks 1 to 13 are left: mean 7, variance 182 / 12.
    const { values } = prepareFor(small('depth', 4), map(ramp, 4));
    expect([...values]).toEqual(near(Array.from(ramp, (x) => (x - 7) / Math.sqrt(182 / 12 + 1e-6))));
  });

  test.each([0.5, 1000])('metres and %d times as much are the same to the tokenizer', (unit) => {
    const scaled = prepareFor(
      small('depth', 4),
      map(
        ramp.map((x) => x * unit),
        4,
      ),
    ).values;
    const plain = prepareFor(small('depth', 4), map(ramp, 4)).values;
    expect([...scaled]).toEqual(near(plain));
  });

  test('8 and 16 bits are the same depth', () => {
    const of = (data: Uint8Array | Uint16Array) => prepareFor(small('depth', 4), map(data, 4)).values;
    const [eight, sixteen] = [Uint8Array.from(ramp), Uint16Array.from(ramp, (x) => x * 257)];
    expect([...of(eight)]).toEqual(near(of(sixteen)));
  });

  test('16 bits may go beyond their range at a sharp edge, as numbers do', () => {
    const sharp = Uint16Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 0 : 0xffff));
    const of = (data: Uint16Array | Float32Array) => prepareFor(small('depth', 6), map(data, 8)).values;
    const numbers = Array.from(of(Float32Array.from(sharp, (x) => x / 0xffff)));
    Array.from(of(sharp)).forEach((x, i) => {
      expect(x).toBeCloseTo(numbers[i]!, 3);
    });
  });

  test('grey in three channels is depth too, and colour is not', () => {
    const grey = Uint8Array.from({ length: 48 }, (_, i) => Math.floor(i / 3));
    const one = prepareFor(small('depth', 4), map(Uint8Array.from(ramp), 4)).values;
    expect(prepareFor(small('depth', 4), map(grey, 4, 3)).values).toEqual(one);
    const colour = grey.with(7, 200);
    expect(() => prepareFor(small('depth', 4), map(colour, 4, 3))).toThrow(/depth: a map has 1 channels, not 3/);
  });

  test('is returned unchanged, and drawn from the nearest to the furthest', () => {
    const preset = small('depth', 2);
    const restored = restoreFrom(preset, { values: floats(-1, 0, 1, 2), width: 2, height: 2 });
    expect(restored).toEqual(map(floats(-1, 0, 1, 2), 2));
    expect(drawOutput(preset, restored)).toMatchObject({ width: 2, height: 2, channels: 3 });
    expect(drawOutput(preset, map(floats(1, 1), 2)).data.every((x, i, all) => x === all[i % 3])).toBe(true);
  });
});

describe('classes', () => {
  test('are shifted by one, 255 becomes 0, and nothing is interpolated', () => {
    const { values } = prepareFor(
      small('classes', 2),
      map(bytes(0, 0, 255, 255, 0, 0, 255, 255, 7, 7, 132, 132, 7, 7, 132, 132), 4),
    );
    expect(values).toEqual(Int32Array.of(1, 0, 8, 133));
  });

  test('every id is recovered from logits that favour it', () => {
    const id = fc.oneof(fc.integer({ min: 0, max: 132 }), fc.constant(255));
    fc.assert(
      fc.property(fc.array(id, { minLength: 4, maxLength: 4 }), (ids) => {
        const preset = small('classes', 2);
        const { values } = prepareFor(preset, map(bytes(...ids), 2));
        const scores = Float32Array.from({ length: 4 * 134 }, (_, i) =>
          Number(values[Math.floor(i / 134)] === i % 134),
        );
        const restored = restoreFrom(preset, { values: scores, width: 2, height: 2 });
        expect([...restored.data]).toEqual(ids);
        expect([...drawOutput(preset, restored).data.subarray(0, 3)].some((x) => x > 0)).toBe(ids[0] !== 255);
      }),
    );
  });

  test.each([133, 254])('%d is none of them', (id) => {
    expect(() => prepareFor(small('classes', 1), map(bytes(id), 1))).toThrow(`classes: ${id} is no class`);
  });
});

describe('masks', () => {
  test('are 1 inside the object, cropped to its box', () => {
    const mask = bytes(0, 0, 0, 0, 0, 255, 255, 0, 0, 255, 0, 0, 0, 0, 0, 0);
    const { values } = prepareFor(small('mask', 4), map(mask, 4));
    expect([...values]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0]);
  });

  test('come back as likelihoods', () => {
    const restored = restoreFrom(small('mask', 1), { values: floats(0), width: 1, height: 1 });
    expect([...restored.data]).toEqual([0.5]);
    expect([...drawOutput(small('mask', 1), restored).data]).toEqual([128, 128, 128]);
  });

  test('without an object are refused', () => {
    expect(() => prepareFor(small('mask', 4), map(new Uint8Array(16), 4))).toThrow('no object');
  });
});

describe('features and poses', () => {
  test('are as they are, there and back', () => {
    const features = map(floats(1, 2, 3, 4, 5, 6, 7, 8), 2, 2);
    const preset = withSize(small('features', 32), { channels: 2 });
    expect(prepareFor(preset, features)).toEqual({ height: 2, width: 2, values: features.data });
    expect(restoreFrom(preset, { values: features.data, width: 2, height: 2 })).toEqual(features);
    const pose = new Float32Array(207).fill(0.5);
    expect(prepareFor(small('pose', 1), pose)).toEqual({ height: 1, width: 1, values: pose });
    expect(restoreFrom(small('pose', 1), { values: pose, width: 1, height: 1 })).toBe(pose);
  });

  test.each([
    () => prepareFor(small('pose', 1), new Float32Array(206)),
    () => prepareFor(small('embedding', 1), new Float32Array(768).fill(Number.NaN)),
    () => prepareFor(small('features', 224), map(new Float32Array(14 * 14 * 3), 14, 3)),
    () => prepareFor(small('features', 224), map(new Float32Array(13 * 13 * 512), 13, 512)),
    () => drawOutput(small('pose', 1), new Float32Array(207)),
  ])('are refused if they are not that, %#', (attempt) => {
    expect(attempt).toThrow(InvalidInputError);
  });
});

test.each([
  [
    'another size',
    () => prepareFor(small('rgb', 2), map(new Uint8Array(12), 2, 3), 3),
    'of 2 to 8 in steps of 2 pixels',
  ],
  ['two channels', () => prepareFor(small('rgb', 1), map(new Uint8Array(2), 1, 2)), '1 channel or 3, not 2'],
  [
    'floats as a picture',
    () => prepareFor(small('rgb', 1), map(new Float32Array(3), 1, 3) as never),
    'must be a Uint8Array',
  ],
  ['a vector as a picture', () => prepareFor(small('rgb', 1), new Float32Array(3) as never), 'must be a map'],
  ['too few values', () => prepareFor(small('rgb', 1), { ...map(new Uint8Array(3), 1, 3), width: 2 }), '3 values'],
  ['infinite depth', () => prepareFor(small('depth', 1), map(floats(Number.POSITIVE_INFINITY), 1)), 'infinity'],
  ['a wrong output', () => restoreFrom(small('rgb', 1), { values: floats(1), width: 1, height: 1 }), '1 values'],
])('%s is refused', (_, attempt, message) => {
  expect(attempt).toThrow(InvalidInputError);
  expect(attempt).toThrow(message);
});
