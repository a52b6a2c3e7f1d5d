/** Colour spaces, differences of colours, and the colours of a picture. */
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
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { setsOf, within } from './sets.js';

/** Conversions to 8 bits: how far off each may be, and the period of a hue. */
const BYTES: Readonly<
  Record<string, { convert: (image: RgbImage) => { data: Uint8Array }; most: number; period?: number }>
> = {
  gray: { convert: (image) => toGrey(image, greyOpenCv), most: 0 },
  gray_pil: { convert: (image) => toGrey(image, greyPillow), most: 0 },
  hsv: { convert: (image) => hsvOpenCv(image), most: 1, period: 180 },
  hsv_full: { convert: (image) => hsvOpenCv(image, 256), most: 1, period: 256 },
  hsv_pil: { convert: hsvPillow, most: 1, period: 256 },
  hls: { convert: hlsOpenCv, most: 1, period: 180 },
  lab: { convert: labOpenCv, most: 1 },
  ycrcb: { convert: yCrCbOpenCv, most: 1 },
  ycbcr_pil: { convert: yCbCrPillow, most: 1 },
};

/** `image.color`: pictures in other colour spaces. */
export function colourSpaces(reference: ConformanceCase, compare: Comparison): void {
  for (const name of reference.data.tensors.keys()) {
    const [, source, space] = /^out\.(\w+)\.(\w+)$/.exec(name) ?? [];
    if (source === undefined) continue;
    const image = rgbImage(reference, `in.${source}`);
    const bytes = BYTES[space!];
    const expected = reference.data.read(name) as ArrayLike<number>;
    if (bytes) {
      const { data } = bytes.convert(image);
      compare.within(name, bytes.period ? nearestHues(data, expected, bytes.period) : data, bytes.most);
    } else if (space === 'lab_ski') {
      compare.tensor(name, labOf(image), within(1e-4));
    } else if (space === 'lab_f32') {
      compare.tensor(name, labFloatOpenCv(image), within(0.2));
    } else {
      compareHsv(compare, name, image, expected, space === 'hsv_ski');
    }
  }
}

/** OpenCV has hue in degrees, scikit-image in turns. */
function compareHsv(
  compare: Comparison,
  name: string,
  { data }: RgbImage,
  expected: ArrayLike<number>,
  isTurns: boolean,
): void {
  const unit = isTurns ? 360 : 1;
  const hsv = perPixel(data, new Float64Array(data.length), (r, g, b) => {
    const [hue, saturation, value] = (isTurns ? rgbToHsv : rgbToHsvOpenCv)(r / 255, g / 255, b / 255);
    return [hue / unit, saturation, value];
  });
  const [hues, rest] = [0, 1].map(
    (isRest) => (values: ArrayLike<number>) => Array.from(values).filter((_, i) => Math.sign(i % 3) === isRest),
  );
  const turned = nearestHues(hsv, expected, 360 / unit);
  compare.numbers(`${name} hue`, hues!(turned), hues!(expected), within(isTurns ? 1e-9 : 1e-3));
  compare.numbers(`${name} saturation and value`, rest!(hsv), rest!(expected), within(isTurns ? 1e-9 : 1e-5));
  compare.tensor(name, turned, within(isTurns ? 1e-9 : 1e-3));
}

/** Values of which every third is a hue, on the turn that is closest to the expected one. */
function nearestHues(values: ArrayLike<number>, expected: ArrayLike<number>, period: number): Float64Array {
  return Float64Array.from(values, (value, i) =>
    i % 3 === 0 ? value + period * Math.round((expected[i]! - value) / period) : value,
  );
}

/** `image.delta_e`: how different pairs of colours are. */
export function colourDifferences(reference: ConformanceCase, compare: Comparison): void {
  const measures = { de76: deltaE76, de94: deltaE94, de2000: deltaE2000 };
  const given = Array.from(reference.data.read('in.lab') as Float64Array);
  const rgb = reference.bytes('in.rgb');
  const converted = perPixel(rgb, new Float64Array(rgb.length), (r, g, b) => rgbToLab(r / 255, g / 255, b / 255));
  compare.tensor('out.rgb.lab', converted, within(1e-4));
  for (const [source, colours] of [
    ['lab', given],
    ['rgb', Array.from(converted)],
  ] as const) {
    for (const [name, measure] of Object.entries(measures)) {
      const tensor = `out.${source}.${name}`;
      if (!compare.expects(tensor)) continue;
      const colour = (i: number) => colours.slice(3 * i, 3 * i + 3) as unknown as Triple;
      const differences = Array.from({ length: colours.length / 6 }, (_, i) =>
        measure(colour(2 * i), colour(2 * i + 1)),
      );
      compare.tensor(tensor, differences, within(1e-6));
    }
  }
}

interface PaletteSet {
  readonly image: string;
  readonly k: number;
  readonly init: string;
  readonly sizes: number[];
  readonly inertia: number;
  readonly iterations: number;
  readonly palette_rounded: number[][] | null;
}

/** `image.palette`: the colours of pictures by k-means from given centres. */
export function colourClusters(reference: ConformanceCase, compare: Comparison): void {
  for (const set of setsOf<PaletteSet>(reference)) {
    const clusters = clusterColours(rgbImage(reference, set.image), reference.data.read(set.init) as Float64Array);
    const name = `${set.image.replace(/^in\./, '')} ${set.k}`;
    compare.entry(name, set, ['image', 'about', 'k', 'init', 'inertia', 'palette_rounded'], {
      sizes: clusters.sizes,
      iterations: clusters.iterations,
    });
    compare.numbers(`${name} inertia`, [clusters.inertia], [set.inertia], { rtol: 1e-9, atol: 0 });
    if (set.palette_rounded) {
      compare.value(`${name} palette`, [...clusters.centres].map(roundHalfToEven), set.palette_rounded.flat());
    }
    const output = set.image.replace(/^in/, 'out');
    compare.tensor(`${output}.centres${set.k}`, clusters.centres, within(1e-6));
    compare.tensor(`${output}.labels${set.k}`, clusters.labels);
  }
}

function rgbImage(reference: ConformanceCase, name: string): RgbImage {
  const [height, width] = reference.shape(name) as [number, number];
  return { width, height, channels: 3, data: reference.bytes(name) };
}
