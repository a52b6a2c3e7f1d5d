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
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

const area = v.strictTuple([v.number(), v.number(), v.number(), v.number()]);
const size = v.strictTuple([v.number(), v.number()]);

const callsSchema = v.array(v.strictObject({ k: v.number(), crop_coords: area, target_size: size, flip: v.boolean() }));
type Call = v.InferOutput<typeof callsSchema>[number];

const augmentersSchema = v.array(v.strictObject({ size_w_h: size }));

/** `trans.image`: pictures and maps cropped, resized, flipped and normalised, and back. */
export function imageTransforms(task: Inputs, out: Outputs): void {
  for (const call of optionsOf(callsSchema, task.options.calls, 'calls')) giveCall(call, task, out);
  const augmenters = optionsOf(augmentersSchema, task.options.augmenters, 'augmenters');
  augmenters.forEach(({ size_w_h: [width, height] }, i) => {
    const [centre, padding] = [centreSquare({ width, height }), surroundingSquare({ width, height })].map((area) => {
      return [area.top, area.left, area.height, area.width];
    });
    out.value(`/augmenters/${i}`, {
      center_crop_top_left_h_w: centre,
      padding_crop_top_left_h_w: padding,
      orig_size_h_w: [height, width],
    });
  });
  const images = batchOf('in.std_img', task);
  const [b, , height, width] = task.shape('in.std_img') as [number, number, number, number];
  const back = (by: typeof IMAGENET) => concatenated(images.map((image) => channelsFirst(denormalise(image, by))));
  out.tensor('out.denorm_imagenet', back(IMAGENET), task.shape('in.std_img'));
  out.tensor('out.denorm_half', back(PLUS_MINUS_ONE), task.shape('in.std_img'));
  out.tensor('out.tensor_to_images_b2', concatenated(images.map(({ data }) => data)), [b, height, width, 3]);
  const firstChannel = task.floats('in.std_img').slice(0, width * height);
  out.tensor('out.tensor_to_images_b1c1', channelsLast(firstChannel, width, height).data, [height, width]);
}

function giveCall(call: Call, task: Inputs, out: Outputs): void {
  const { k, flip } = call;
  const [top, left, cropHeight, cropWidth] = call.crop_coords;
  const [height, width] = call.target_size;
  const area = { left, top, width: cropWidth, height: cropHeight };
  const cropped = (image: Raster<Uint8Array>, filter: ResizeFilter) =>
    cropAndResize(image, area, { width, height }, filter, { compat: 'official' });
  const mirrored = (image: Raster<Uint8Array>) => (flip ? flipImage(image) : image);
  const give = (name: string, raster: Raster) => {
    out.tensor(name, raster.data, [raster.height, raster.width, ...(raster.channels > 1 ? [raster.channels] : [])]);
  };
  const giveFirst = (name: string, raster: Raster<Float32Array>) => {
    out.tensor(name, channelsFirst(raster), [raster.channels, raster.height, raster.width]);
  };

  const rgb = eightBit(`in.img${k}`, task);
  for (const filter of ['bilinear', 'bicubic', 'nearest'] as const) {
    give(`out.rgb${k}.resized_${filter}`, mirrored(cropped(rgb, filter)));
  }
  const picture = mirrored(cropped(rgb, 'bicubic'));
  give(`out.rgb${k}.resized_default`, picture);
  giveFirst(`out.rgb${k}.imagenet`, normalise(picture, IMAGENET));
  giveFirst(`out.rgb${k}.inception`, normalise(picture, PLUS_MINUS_ONE));
  const normals = cropped(rgb, 'bilinear');
  const flipped = flip ? flipNormals(normals) : normals;
  giveFirst(`out.normal${k}`, normalise(flipped, PLUS_MINUS_ONE));
  giveFirst(`out.normal_std${k}`, normalise(flipped, SURFACE_NORMALS));

  const stored = eightBit(`in.depth${k}`, task);
  const depth = depthAsFloats({ ...stored, data: Uint16Array.from(task.ints(`in.depth${k}`)) });
  giveFirst(`out.depth${k}.plain`, depth);
  giveFirst(`out.depth${k}.standardized`, standardiseDepth(depth));
  const classes = shiftClasses(eightBit(`in.semseg${k}`, task));
  give(`out.semseg${k}`, mirrored(cropped(classes, 'nearest')));
  const mask = mirrored(cropped(eightBit(`in.mask${k}`, task), 'nearest'));
  const { height: rows, width: columns, data } = binaryMask(mask);
  out.tensor(`out.mask${k}`, data, [1, rows, columns]);
}

function eightBit(name: string, task: Inputs): Raster<Uint8Array> {
  const [height, width, channels = 1] = task.shape(name) as [number, number, number?];
  return { width, height, channels, data: Uint8Array.from(task.ints(name)) };
}

function batchOf(name: string, task: Inputs): Raster<Float32Array>[] {
  const [size, channels, height, width] = task.shape(name) as [number, number, number, number];
  const length = channels * height * width;
  const values = task.floats(name);
  return Array.from({ length: size }, (_, b) =>
    channelsLast(values.slice(b * length, (b + 1) * length), width, height),
  );
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
