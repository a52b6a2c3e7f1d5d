import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import type { Raster } from '../../src/media/raster.js';
import type { ResizeFilter } from '../../src/media/resize.js';
import { channelsFirst } from '../../src/modalities/channel-order.js';
import {
  centreSquare,
  cropAndResize,
  flipImage,
  flipNormals,
  surroundingSquare,
} from '../../src/modalities/crop-images.js';
import { binaryMask, shiftClasses } from '../../src/modalities/maps.js';
import { IMAGENET, normalise, PLUS_MINUS_ONE, SURFACE_NORMALS } from '../../src/modalities/normalisation.js';
import { expectClose, vectorCase } from '../vectors.js';

type Four = [top: number, left: number, height: number, width: number];
const { about, values: expectedValues, data } = vectorCase('trans_image');
const { tolerance, calls, augmenters } = about as unknown as {
  tolerance: { rtol: number; atol: number };
  calls: { k: number; crop_coords: Four; target_size: [number, number]; flip: boolean }[];
  augmenters: { size_w_h: [number, number] }[];
};
const squares = augmenters.map(({ size_w_h }, i) => {
  const expected = expectedValues[`/augmenters/${i}`] as Record<`${'center' | 'padding'}_crop_top_left_h_w`, Four>;
  return { size_w_h, ...expected };
});

const area = ([top, left, height, width]: Four) => ({ left, top, width, height });
const values = (name: string) => Array.from(data.read(name) as Int32Array);
const ALL_RGB = ['bilinear', 'bicubic', 'nearest', 'default'];

function image(name: string): Raster<Uint8Array> {
  const [height, width, channels = 1] = data.tensors.get(name)!.shape as [number, number, number?];
  return { width, height, channels, data: Uint8Array.from(values(name)) };
}

describe.each(calls)('published crop $k', ({ k, crop_coords, target_size: [height, width], flip }) => {
  const size = { width, height };
  const cropped = (raster: Raster<Uint8Array>, filter: ResizeFilter, compat?: 'official') =>
    cropAndResize(raster, area(crop_coords), size, filter, compat === undefined ? {} : { compat });
  const mirrored = (raster: Raster<Uint8Array>) => (flip ? flipImage(raster) : raster);
  const rgb = image(`in.img${k}`);

  test.each(ALL_RGB)('rgb, %s', (name) => {
    const filter = name === 'default' ? 'bicubic' : (name as ResizeFilter);
    const expected = values(`out.rgb${k}.resized_${name}`);
    expect([...mirrored(cropped(rgb, filter)).data]).toEqual(expected);
    expect([...mirrored(cropped(rgb, filter, 'official')).data]).toEqual(expected);
  });

  test.each([
    ['imagenet', IMAGENET],
    ['inception', PLUS_MINUS_ONE],
  ] as const)('rgb for networks, %s', (name, normalisation) => {
    const normal = normalise(mirrored(cropped(rgb, 'bicubic')), normalisation);
    expectClose(channelsFirst(normal), data.read(`out.rgb${k}.${name}`) as Float32Array, tolerance);
  });

  test.each([
    ['normal', PLUS_MINUS_ONE],
    ['normal_std', SURFACE_NORMALS],
  ] as const)('%s', (name, normalisation) => {
    const small = cropped(rgb, 'bilinear');
    const normal = normalise(flip ? flipNormals(small) : small, normalisation);
    expectClose(channelsFirst(normal), data.read(`out.${name}${k}`) as Float32Array, tolerance);
  });

  test('classes', () => {
    const shifted = shiftClasses(image(`in.semseg${k}`));
    expect([...mirrored(cropped(shifted, 'nearest')).data]).toEqual(values(`out.semseg${k}`));
  });

  test('masks', () => {
    const mask = binaryMask(mirrored(cropped(image(`in.mask${k}`), 'nearest')));
    expect([...mask.data]).toEqual(values(`out.mask${k}`));
  });
});

test.each(squares)('published squares of $size_w_h', (c) => {
  const [width, height] = c.size_w_h;
  expect(centreSquare({ width, height })).toEqual(area(c.center_crop_top_left_h_w));
  expect(surroundingSquare({ width, height })).toEqual(area(c.padding_crop_top_left_h_w));
});

const raster = fc
  .record({ width: fc.integer({ min: 1, max: 6 }), height: fc.integer({ min: 1, max: 6 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((pixels): Raster<Uint8Array> => ({ width, height, channels: 3, data: pixels })),
  );

test('flipping twice changes nothing', () => {
  fc.assert(
    fc.property(raster, (picture) => {
      expect(flipImage(flipImage(picture))).toEqual(picture);
      expect(flipNormals(flipNormals(picture))).toEqual(picture);
    }),
    { numRuns: 50 },
  );
});

test('pixels outside a picture are 0', () => {
  const picture = { width: 2, height: 1, channels: 1, data: Uint8Array.of(7, 8) };
  const crop = (left: number, top: number, width: number, height: number) => [
    ...cropAndResize(picture, { left, top, width, height }, { width, height }, 'nearest').data,
  ];
  expect(crop(-1, -1, 4, 3)).toEqual([0, 0, 0, 0, 0, 7, 8, 0, 0, 0, 0, 0]);
  expect(crop(1, 0, 2, 1)).toEqual([8, 0]);
  expect(crop(5, 5, 2, 1)).toEqual([0, 0]);
});

test('sizes are width by height; officially they are exchanged', () => {
  const picture = { width: 4, height: 4, channels: 1, data: new Uint8Array(16) };
  const whole = { left: 0, top: 0, width: 4, height: 4 };
  expect(cropAndResize(picture, whole, { width: 2, height: 3 }, 'bicubic')).toMatchObject({ width: 2, height: 3 });
  const official = cropAndResize(picture, whole, { width: 2, height: 3 }, 'bicubic', { compat: 'official' });
  expect(official).toMatchObject({ width: 3, height: 2 });
});

test('flipped unit vectors point the other way along the first axis only', () => {
  const normals = { width: 1, height: 1, channels: 3, data: Float32Array.of(0.5, 0.25, 1) };
  expect([...flipNormals(normals).data]).toEqual([-0.5, 0.25, 1]);
});

test.each([
  { left: 0.5, top: 0, width: 1, height: 1 },
  { left: 0, top: 0, width: 0, height: 1 },
])('a crop of %o is refused', (wrong) => {
  const picture = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) };
  expect(() => cropAndResize(picture, wrong, { width: 1, height: 1 }, 'nearest')).toThrow(InvalidInputError);
});
