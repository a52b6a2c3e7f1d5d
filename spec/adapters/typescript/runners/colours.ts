/** Colour spaces, differences of colours, and the colours of a picture. */
import * as v from 'valibot';
import { deltaE76, deltaE94, deltaE2000 } from '../../../../src/media/analysis/colour-difference.js';
import { greyOpenCv, greyPillow, toGrey } from '../../../../src/media/analysis/grey.js';
import { hlsOpenCv } from '../../../../src/media/analysis/hls.js';
import { hsvOpenCv, hsvPillow, rgbToHsv, rgbToHsvOpenCv } from '../../../../src/media/analysis/hsv.js';
import { labOf, rgbToLab } from '../../../../src/media/analysis/lab.js';
import { labFloatOpenCv, labOpenCv } from '../../../../src/media/analysis/lab-opencv.js';
import { clusterColours } from '../../../../src/media/analysis/palette.js';
import { perPixel, type Triple } from '../../../../src/media/analysis/per-pixel.js';
import { yCbCrPillow, yCrCbOpenCv } from '../../../../src/media/analysis/ycc.js';
import type { RgbImage } from '../../../../src/media/raster.js';
import { roundHalfToEven } from '../../../../src/numeric.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';
import { setsOf } from './sets.js';

type Conversion = (image: RgbImage) => { data: Uint8Array | Float32Array | Float64Array; channels: number };

const plain = (convert: (image: RgbImage) => { data: Uint8Array }, channels: number): Conversion => {
  return (image) => ({ data: convert(image).data, channels });
};

/** Colour space conversions of the library after the underscore; of OpenCV without one. */
const SPACES: Readonly<Record<string, Conversion>> = {
  gray: plain((image) => toGrey(image, greyOpenCv), 1),
  gray_pil: plain((image) => toGrey(image, greyPillow), 1),
  hsv: plain((image) => hsvOpenCv(image), 3),
  hsv_full: plain((image) => hsvOpenCv(image, 256), 3),
  hsv_pil: plain(hsvPillow, 3),
  hls: plain(hlsOpenCv, 3),
  lab: plain(labOpenCv, 3),
  ycrcb: plain(yCrCbOpenCv, 3),
  ycbcr_pil: plain(yCbCrPillow, 3),
  lab_ski: (image) => ({ data: Float64Array.from(labOf(image)), channels: 3 }),
  lab_f32: (image) => ({ data: Float32Array.from(labFloatOpenCv(image)), channels: 3 }),
  hsv_ski: (image) => ({ data: hsvOf(image, true), channels: 3 }),
  hsv_f32: (image) => ({ data: Float32Array.from(hsvOf(image, false)), channels: 3 }),
};

const conversionsSchema = v.array(
  v.strictObject({ result: v.string(), input: v.string(), space: v.picklist(Object.keys(SPACES)) }),
);

/** `image.color`: pictures in other colour spaces. */
export function colourSpaces(task: Inputs, out: Outputs): void {
  for (const { result, input, space } of optionsOf(conversionsSchema, task.options.conversions, 'conversions')) {
    const image = rgbImage(task, input);
    const { data, channels } = SPACES[space]!(image);
    out.tensor(result, data, [image.height, image.width, ...(channels > 1 ? [channels] : [])]);
  }
}

/** Hue is in degrees in OpenCV, and in turns in scikit-image. */
function hsvOf({ data }: RgbImage, isTurns: boolean): Float64Array {
  const unit = isTurns ? 360 : 1;
  return perPixel(data, new Float64Array(data.length), (r, g, b) => {
    const [hue, saturation, value] = (isTurns ? rgbToHsv : rgbToHsvOpenCv)(r / 255, g / 255, b / 255);
    return [hue / unit, saturation, value];
  });
}

/** `image.delta_e`: colour differences of pairs of colours. */
export function colourDifferences(task: Inputs, out: Outputs): void {
  const measures = { de76: deltaE76, de94: deltaE94, de2000: deltaE2000 };
  const given = Array.from(task.doubles('in.lab'));
  const rgb = task.bytes('in.rgb');
  const converted = perPixel(rgb, new Float64Array(rgb.length), (r, g, b) => rgbToLab(r / 255, g / 255, b / 255));
  out.tensor('out.rgb.lab', converted, task.shape('in.rgb'));
  for (const [source, colours] of [
    ['lab', given],
    ['rgb', Array.from(converted)],
  ] as const) {
    for (const [name, measure] of Object.entries(measures)) {
      const colour = (i: number) => colours.slice(3 * i, 3 * i + 3) as unknown as Triple;
      const differences = Array.from({ length: colours.length / 6 }, (_, i) =>
        measure(colour(2 * i), colour(2 * i + 1)),
      );
      out.tensor(`out.${source}.${name}`, differences, [differences.length]);
    }
  }
}

interface PaletteSet {
  readonly image: string;
  readonly k: number;
  readonly init: string;
}

/** `image.palette`: palettes of pictures by k-means with given initial centres. */
export function colourClusters(task: Inputs, out: Outputs): void {
  setsOf<PaletteSet>(task).forEach(({ image: name, k, init }, i) => {
    const image = rgbImage(task, name);
    const clusters = clusterColours(image, task.doubles(init));
    const { sizes, iterations, inertia, centres, labels } = clusters;
    const rounded = Array.from({ length: k }, (_, row) =>
      [...centres.subarray(3 * row, 3 * row + 3)].map(roundHalfToEven),
    );
    out.value(`/sets/${i}`, { sizes, iterations, inertia, palette_rounded: rounded });
    const output = name.replace(/^in/, 'out');
    out.tensor(`${output}.centres${k}`, centres, [k, 3]);
    out.tensor(`${output}.labels${k}`, labels, [image.height, image.width]);
  });
}

function rgbImage(task: Inputs, name: string): RgbImage {
  const [height, width] = task.shape(name) as [number, number];
  return { width, height, channels: 3, data: task.bytes(name) };
}
