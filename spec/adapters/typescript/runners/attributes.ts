/** Statistics of pictures, and how they become metadata. */
import { imageAttributes, imageStatistics } from '../../../../src/media/analysis/attributes.js';
import {
  BINS,
  MAX_COUNT,
  METADATA_KEYS,
  METADATA_RULES,
  type MetadataKey,
  type MetadataRule,
  metadataToText,
  PIXELS_PER_BIN,
} from '../../../../src/modalities/text/metadata.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison, Figures } from '../../../harness/comparison.js';
import { setsOf } from './sets.js';

interface AttributeSet {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly expected: Figures & { readonly rg: number[]; readonly yb: number[] };
  readonly value_4m: Readonly<Record<string, number>>;
}

/** `image.attributes`: brightness, contrast, saturation, colourfulness and entropy, in several definitions. */
export function attributes(reference: ConformanceCase, compare: Comparison): void {
  for (const { name, width, height, expected, value_4m } of setsOf<AttributeSet>(reference)) {
    const image = { width, height, channels: 3, data: reference.bytes(`in.${name}`) };
    const s = imageStatistics(image);
    const { rg, yb, ...figures } = expected;
    compare.numbers(`${name}.rg`, s.redGreen, rg);
    compare.numbers(`${name}.yb`, s.yellowBlue, yb);
    const ours = {
      brightness: s.brightness,
      brightness_float_luma: s.brightnessFloat,
      brightness_perceived_rms_mix: s.brightnessPerceived,
      brightness_perceived_of_means: s.brightnessPerceivedOfMean,
      brightness_hsv_v: s.brightnessValue,
      contrast: s.contrast,
      contrast_float_luma: s.contrastFloat,
      contrast_unit: s.contrastFloat / 255,
      contrast_michelson: s.contrastMichelson,
      saturation: s.saturation,
      saturation_float: s.saturationFloat,
      saturation_opencv: s.saturationOpenCv,
      colorfulness: s.colorfulness,
      entropy: s.entropy,
      entropy_opencv_gray: s.entropyOpenCv,
      entropy_rgb_768: s.entropyRgb,
    };
    compare.figures(name, ours, figures as Figures);
    const bins = Object.entries(imageAttributes(image)).map(([key, value]) => [key, binOf({ [key]: value })]);
    compare.value(`${name}.value_4m`, Object.fromEntries(bins), value_4m);
  }
}

/** The bin of one fact, as its string has it. */
function binOf(fact: Readonly<Record<string, number>>): number {
  return Number(/v0=(\d+)/.exec(metadataToText(fact))?.[1]);
}

/** `image.attributes_4m`: names, ids, ranges and bins of all metadata. */
export function attributeTables(reference: ConformanceCase, compare: Comparison): void {
  const data = reference.json() as { max_tokens: number; integers: string[]; image_dimensions: { keys: string[] } };
  const rules = Object.entries<MetadataRule>(METADATA_RULES) as [MetadataKey, MetadataRule][];
  const keysOf = (kind: MetadataRule['kind']) => rules.filter(([, rule]) => rule.kind === kind).map(([key]) => key);
  const ranges = rules.flatMap(([key, rule]) => (rule.kind === 'range' ? [[key, [rule.min, rule.max, BINS]]] : []));
  const limits = rules.flatMap(([key, rule]) => (rule.kind === 'limits' ? [[key, rule.limits]] : []));
  compare.entry('data', data, ['image_dimensions', 'integers', 'token_format', ...IN_WORDS], {
    ids: Object.fromEntries(METADATA_KEYS.map((key, id) => [key, id])),
    integer_clamp: [0, MAX_COUNT],
    manual_bins: Object.fromEntries(limits),
    min_max_bins: Object.fromEntries(ranges),
    types: METADATA_KEYS.length,
  });
  // The orders of these two mean nothing.
  compare.value('integers', keysOf('count').sort(), data.integers.toSorted());
  compare.entry(
    'image_dimensions',
    { ...data.image_dimensions, keys: data.image_dimensions.keys.toSorted() },
    ['value'],
    {
      keys: keysOf('pixels').sort(),
      bin_size: PIXELS_PER_BIN,
    },
  );
}

/** Formulas in words; `image.attributes` and `trans.metadata` check them in numbers. */
const IN_WORDS = ['manual_value', 'min_max_value', 'decode', 'max_tokens'];
