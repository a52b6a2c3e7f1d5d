import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import type { Raster } from '../../src/media/raster.js';
import { channelsOf, fromTokenizerValues, type ImageValues, toTokenizerValues } from '../../src/modalities/images.js';

const RGB: ImageValues = { kind: 'rgb' };
const DEPTH: ImageValues = { kind: 'depth', near: 2, far: 10 };
const NORMAL: ImageValues = { kind: 'normal' };
const CLASSES: ImageValues = {
  kind: 'classes',
  names: ['floor', 'wall', 'ball'],
  palette: [
    [0, 0, 0],
    [9, 9, 9],
    [255, 0, 0],
  ],
};

function row<T extends Uint8Array | Float32Array>(channels: number, data: T): Raster<T> {
  return { width: data.length / channels, height: 1, channels, data };
}

function back(values: ImageValues, decoded: Float32Array, width: number) {
  return fromTokenizerValues(values, decoded, width, 1);
}

const metres = fc.float({ min: 2, max: 10, noNaN: true });
const component = fc.float({ min: -1, max: 1, noNaN: true });

describe('colours', () => {
  test('are -1 for black and 1 for white', () => {
    expect([...toTokenizerValues(RGB, row(3, Uint8Array.of(0, 255, 51)))]).toEqual([-1, 1, Math.fround(-0.6)]);
  });

  test('all come back as they were', () => {
    const all = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
    const decoded = toTokenizerValues(RGB, row(3, all)) as Float32Array;
    expect(back(RGB, decoded, 256)).toEqual(row(3, all));
  });

  test('beyond black and white are cut off', () => {
    expect([...back(RGB, Float32Array.of(-1.5, 1.5, 0), 1).data]).toEqual([0, 255, 128]);
  });
});

describe('depth', () => {
  test('is linear from -1 at the near end to 1 at the far end, and clamped outside', () => {
    const image = row(1, Float32Array.of(2, 4, 6, 10, 1, 50, Number.POSITIVE_INFINITY));
    expect([...toTokenizerValues(DEPTH, image)]).toEqual([-1, -0.5, 0, 1, -1, 1, 1]);
  });

  test('comes back to the float', () => {
    fc.assert(
      fc.property(fc.array(metres, { minLength: 1 }), (depths) => {
        const decoded = toTokenizerValues(DEPTH, row(1, Float32Array.from(depths))) as Float32Array;
        back(DEPTH, decoded, depths.length).data.forEach((depth, i) => {
          expect(Math.abs(depth - depths[i]!)).toBeLessThan(2e-6);
        });
      }),
    );
  });

  test('stays in its range for any output of the tokenizer', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1 }), (decoded) => {
        for (const depth of back(DEPTH, Float32Array.from(decoded), decoded.length).data) {
          expect(depth).toBeGreaterThanOrEqual(2);
          expect(depth).toBeLessThanOrEqual(10);
        }
      }),
    );
  });
});

describe('normals', () => {
  test('go in as they are and come back as they were', () => {
    const image = row(3, Float32Array.of(0, 0, 1, Math.fround(0.6), 0, Math.fround(-0.8)));
    const values = toTokenizerValues(NORMAL, image) as Float32Array;
    expect(values).toEqual(image.data);
    expect(values).not.toBe(image.data);
    back(NORMAL, values, 2).data.forEach((x, i) => {
      expect(x).toBeCloseTo(image.data[i]!, 6);
    });
  });

  test("have length 1 and the direction of the tokenizer's output", () => {
    fc.assert(
      fc.property(fc.tuple(component, component, component), (vector) => {
        const length = Math.hypot(...vector);
        fc.pre(length > 1e-3);
        const normal = back(NORMAL, Float32Array.from(vector), 1).data;
        expect(Math.hypot(...normal)).toBeCloseTo(1, 5);
        vector.forEach((x, i) => {
          expect(normal[i]).toBeCloseTo(x / length, 5);
        });
      }),
    );
  });

  test('without a direction look at the camera', () => {
    expect([...back(NORMAL, new Float32Array(3), 1).data]).toEqual([0, 0, 1]);
  });
});

describe('classes', () => {
  test('are input as they are; the highest logit is returned, the first of equal ones', () => {
    expect(toTokenizerValues(CLASSES, row(1, Uint8Array.of(0, 2, 1)))).toEqual(Int32Array.of(0, 2, 1));
    const scores = Float32Array.of(0.1, 0.9, 0.2, -3, -2, -1, 5, 5, 5);
    expect(back(CLASSES, scores, 3)).toEqual(row(1, Uint8Array.of(1, 2, 0)));
  });

  test('come back from scores that favour them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ max: 2, minLength: 1 }), (ids) => {
        const scores = Float32Array.from({ length: ids.length * 3 }, (_, i) =>
          Number(ids[Math.floor(i / 3)] === i % 3),
        );
        expect([...back(CLASSES, scores, ids.length).data]).toEqual([...ids]);
      }),
    );
  });

  test.each([3, 255, -1, 0.5])('%d is refused', (id) => {
    const data = id === 255 || id === 3 ? Uint8Array.of(0, id) : Float32Array.of(0, id);
    expect(() => toTokenizerValues(CLASSES, row(1, data))).toThrow(
      new InvalidInputError(`${id} is no class id; they run from 0 to 2`),
    );
  });
});

test.each([
  [RGB, 3],
  [DEPTH, 1],
  [NORMAL, 3],
  [CLASSES, 1],
] as const)('%o has %i channels, and an image of another number is refused', (values, channels) => {
  expect(channelsOf(values)).toBe(channels);
  const wrong = 4 - channels;
  const attempt = () => toTokenizerValues(values, row(wrong, new Uint8Array(2 * wrong)));
  expect(attempt).toThrow(InvalidInputError);
  expect(attempt).toThrow(`a map of ${values.kind} has ${channels} channels, not ${wrong}`);
});

describe('values of another kind are an error', () => {
  test.each([
    ['colours as floats', RGB, row(3, new Float32Array(3)), 'colours of 8 bits'],
    ['depth as colours', DEPTH, row(3, new Uint8Array(3)), '1 channels, not 3; one that was drawn in colours'],
    ['depth as ids', DEPTH, { ...row(1, new Uint8Array(3)), data: new Int32Array(3) }, 'metres as floats'],
    ['depth that is no number', DEPTH, row(1, Float32Array.of(3, Number.NaN)), 'has NaN'],
    ['normals that are no number', NORMAL, row(3, Float32Array.of(0, Number.NaN, 1)), 'has NaN'],
    ['classes as colours', CLASSES, row(3, new Uint8Array(3)), '1 channels, not 3'],
    [
      'a map with a value too few',
      DEPTH,
      { ...row(1, new Float32Array(3)), width: 4 },
      'of 4 × 1 × 1 has not 3 values',
    ],
  ] as const)('%s', (_, values, image, message) => {
    expect(() => toTokenizerValues(values, image)).toThrow(InvalidInputError);
    expect(() => toTokenizerValues(values, image)).toThrow(message);
  });

  test('colours of drawn normals are not accepted as depth', () => {
    const drawn = row(3, Uint8Array.of(0, 255, 128));
    const [x, y, z] = toTokenizerValues(NORMAL, drawn);
    expect([x, y]).toEqual([-1, 1]);
    expect(z).toBeCloseTo(0, 2);
  });
});

test('depth of 16 bits is in millimetres, and of 8 bits from near to far', () => {
  const { near, far } = DEPTH;
  const metres = Float32Array.of(near, (near + far) / 2, far);
  const expected = [...toTokenizerValues(DEPTH, row(1, metres))];
  const of = (data: Raster['data']) => [...toTokenizerValues(DEPTH, { ...row(1, metres), data })];
  of(Uint16Array.from(metres, (x) => 1000 * x)).forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i]!, 5);
  });
  of(Uint8Array.of(0, 127, 255)).forEach((x, i) => {
    expect(Math.abs(x - expected[i]!)).toBeLessThanOrEqual(1 / 127);
  });
});
