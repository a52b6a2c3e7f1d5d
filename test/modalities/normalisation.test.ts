import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { channelsFirst, channelsLast } from '../../src/modalities/channel-order.js';
import {
  denormalise,
  IMAGENET,
  normalise,
  PLUS_MINUS_ONE,
  SURFACE_NORMALS,
} from '../../src/modalities/normalisation.js';
import { expectClose, vectorCase } from '../vectors.js';

const { about, data } = vectorCase('trans_image');

describe('published numbers', () => {
  test('means and standard deviations', () => {
    expect(IMAGENET).toEqual({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
    expect(SURFACE_NORMALS).toEqual({ mean: [0.501, 0.405, 0.137], std: [0.114, 0.165, 0.081] });
    expect(PLUS_MINUS_ONE).toEqual({ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
  });

  const images = () => {
    const batch = data.read('in.std_img') as Float32Array;
    return [batch.subarray(0, 48), batch.subarray(48)].map((image) => channelsLast(image, 4, 4));
  };

  test.each([
    ['imagenet', IMAGENET],
    ['half', PLUS_MINUS_ONE],
  ] as const)('denormalised, %s', (name, normalisation) => {
    const back = images().flatMap((image) => [...channelsFirst(denormalise(image, normalisation))]);
    expectClose(back, data.read(`out.denorm_${name}`) as Float32Array, about.tolerance);
  });

  test('channels last', () => {
    const expected = data.read('out.tensor_to_images_b2') as Float32Array;
    expect(images().flatMap((image) => [...image.data])).toEqual([...expected]);
    const grey = channelsLast((data.read('in.std_img') as Float32Array).slice(0, 16), 4, 4);
    expect([...grey.data]).toEqual([...(data.read('out.tensor_to_images_b1c1') as Float32Array)]);
  });
});

test('every 8-bit colour comes back', () => {
  const normalisation = fc.constantFrom(IMAGENET, PLUS_MINUS_ONE, SURFACE_NORMALS);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), normalisation, (pixels, by) => {
      const image = { width: 2, height: 1, channels: 3, data: pixels };
      const back = denormalise(normalise(image, by), by).data;
      expectClose(
        back,
        Array.from(pixels, (x) => x / 255),
        { rtol: 0, atol: 1e-6 },
      );
      expect(channelsLast(channelsFirst(normalise(image, by)), 2, 1)).toEqual(normalise(image, by));
    }),
    { numRuns: 50 },
  );
});

test('three means do not fit one channel', () => {
  const grey = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) };
  expect(() => normalise(grey, IMAGENET)).toThrow(
    new InvalidInputError('cannot normalise 1 channels by the mean of 3'),
  );
});
