import * as v from 'valibot';
import type { Raster } from '../../../../src/media/raster.js';
import type { ResizeFilter } from '../../../../src/media/resize.js';
import { channelsFirst, channelsLast } from '../../../../src/modalities/channel-order.js';
import {
  centreSquare,
  cropAndResize,
  flipImage,
  flipNormals,
  surroundingSquare,
} from '../../../../src/modalities/crop-images.js';
import { binaryMask, depthAsFloats, shiftClasses, standardiseDepth } from '../../../../src/modalities/maps.js';
import {
  denormalise,
  IMAGENET,
  normalise,
  PLUS_MINUS_ONE,
  SURFACE_NORMALS,
} from '../../../../src/modalities/normalisation.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import type { Tolerance } from '../../../harness/difference.js';
import { optionsOf } from '../options.js';

const area = v.strictTuple([v.number(), v.number(), v.number(), v.number()]);
const size = v.strictTuple([v.number(), v.number()]);

const callsSchema = v.array(v.strictObject({ k: v.number(), crop_coords: area, target_size: size, flip: v.boolean() }));
type Call = v.InferOutput<typeof callsSchema>[number];

const augmentersSchema = v.array(
  v.strictObject({
    size_w_h: size,
    center_crop_top_left_h_w: area,
    padding_crop_top_left_h_w: area,
    orig_size_h_w: size,
  }),
);

/** `trans.image`: pictures and maps cropped, resized, flipped and normalised, and back. */
export function imageTransforms(reference: ConformanceCase, compare: Comparison): void {
  const { floats } = reference.about.tolerance as { floats: Tolerance };
  const calls = optionsOf(callsSchema, reference.about.calls, 'calls');
  for (const call of calls) compareCall(call, reference, compare, floats);
  const augmenters = optionsOf(augmentersSchema, reference.about.augmenters, 'augmenters');
  augmenters.forEach(({ size_w_h: [width, height], ...expected }, i) => {
    const squares = [centreSquare({ width, height }), surroundingSquare({ width, height })];
    const actual = squares.map((area) => [area.top, area.left, area.height, area.width]);
    compare.value(`augmenters[${i}]`, actual, [expected.center_crop_top_left_h_w, expected.padding_crop_top_left_h_w]);
  });
  const images = batchOf('in.std_img', reference);
  const back = (by: typeof IMAGENET) => concatenated(images.map((image) => channelsFirst(denormalise(image, by))));
  compare.tensor('out.denorm_imagenet', back(IMAGENET), floats);
  compare.tensor('out.denorm_half', back(PLUS_MINUS_ONE), floats);
  compare.tensor('out.tensor_to_images_b2', concatenated(images.map(({ data }) => data)), floats);
  const { width, height } = images[0]!;
  const firstChannel = reference.floats('in.std_img').slice(0, width * height);
  compare.tensor('out.tensor_to_images_b1c1', channelsLast(firstChannel, width, height).data, floats);
}

function compareCall(call: Call, reference: ConformanceCase, compare: Comparison, floats: Tolerance): void {
  const { k, flip } = call;
  const [top, left, cropHeight, cropWidth] = call.crop_coords;
  const [height, width] = call.target_size;
  const area = { left, top, width: cropWidth, height: cropHeight };
  const cropped = (image: Raster<Uint8Array>, filter: ResizeFilter) =>
    cropAndResize(image, area, { width, height }, filter, { compat: 'official' });
  const mirrored = (image: Raster<Uint8Array>) => (flip ? flipImage(image) : image);

  const rgb = eightBit(`in.img${k}`, reference);
  for (const filter of ['bilinear', 'bicubic', 'nearest'] as const) {
    compare.tensor(`out.rgb${k}.resized_${filter}`, mirrored(cropped(rgb, filter)).data);
  }
  const picture = mirrored(cropped(rgb, 'bicubic'));
  compare.tensor(`out.rgb${k}.resized_default`, picture.data);
  compare.tensor(`out.rgb${k}.imagenet`, channelsFirst(normalise(picture, IMAGENET)), floats);
  compare.tensor(`out.rgb${k}.inception`, channelsFirst(normalise(picture, PLUS_MINUS_ONE)), floats);
  const normals = cropped(rgb, 'bilinear');
  const flipped = flip ? flipNormals(normals) : normals;
  compare.tensor(`out.normal${k}`, channelsFirst(normalise(flipped, PLUS_MINUS_ONE)), floats);
  compare.tensor(`out.normal_std${k}`, channelsFirst(normalise(flipped, SURFACE_NORMALS)), floats);

  const stored = eightBit(`in.depth${k}`, reference);
  const depth = depthAsFloats({ ...stored, data: Uint16Array.from(reference.ints(`in.depth${k}`)) });
  compare.tensor(`out.depth${k}.plain`, depth.data, floats);
  compare.tensor(`out.depth${k}.standardized`, standardiseDepth(depth).data, floats);
  const classes = shiftClasses(eightBit(`in.semseg${k}`, reference));
  compare.tensor(`out.semseg${k}`, mirrored(cropped(classes, 'nearest')).data);
  const mask = mirrored(cropped(eightBit(`in.mask${k}`, reference), 'nearest'));
  compare.tensor(`out.mask${k}`, binaryMask(mask).data);
}

function eightBit(name: string, reference: ConformanceCase): Raster<Uint8Array> {
  const [height, width, channels = 1] = reference.shape(name) as [number, number, number?];
  return { width, height, channels, data: Uint8Array.from(reference.ints(name)) };
}

function batchOf(name: string, reference: ConformanceCase): Raster<Float32Array>[] {
  const [size, channels, height, width] = reference.shape(name) as [number, number, number, number];
  const length = channels * height * width;
  const values = reference.floats(name);
  return Array.from({ length: size }, (_, b) =>
    channelsLast(values.slice(b * length, (b + 1) * length), width, height),
  );
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
