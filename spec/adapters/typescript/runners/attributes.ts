/** Statistics of pictures, and their conversion to metadata. */
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
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { setsOf } from './sets.js';

interface AttributeSet {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** `image.attributes`: brightness, contrast, saturation, colourfulness and entropy, in several definitions. */
export function attributes(task: Inputs, out: Outputs): void {
  setsOf<AttributeSet>(task).forEach(({ name, width, height }, i) => {
    const image = { width, height, channels: 3, data: task.bytes(`in.${name}`) };
    const s = imageStatistics(image);
    out.value(`/sets/${i}/expected`, {
      rg: s.redGreen,
      yb: s.yellowBlue,
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
    });
    const bins = Object.entries(imageAttributes(image)).map(([key, value]) => [key, binOf({ [key]: value })]);
    out.value(`/sets/${i}/value_4m`, Object.fromEntries(bins));
  });
}

/** The bin of an attribute, read from its text. */
function binOf(fact: Readonly<Record<string, number>>): number {
  return Number(/v0=(\d+)/.exec(metadataToText(fact))?.[1]);
}

/** `image.attributes_4m`: names, ids, ranges and bins of all metadata. */
export function attributeTables(_: Inputs, out: Outputs): void {
  const rules = Object.entries<MetadataRule>(METADATA_RULES) as [MetadataKey, MetadataRule][];
  const keysOf = (kind: MetadataRule['kind']) => rules.filter(([, rule]) => rule.kind === kind).map(([key]) => key);
  const ranges = rules.flatMap(([key, rule]) => (rule.kind === 'range' ? [[key, [rule.min, rule.max, BINS]]] : []));
  const limits = rules.flatMap(([key, rule]) => (rule.kind === 'limits' ? [[key, rule.limits]] : []));
  out.value('', {
    ids: Object.fromEntries(METADATA_KEYS.map((key, id) => [key, id])),
    integer_clamp: [0, MAX_COUNT],
    manual_bins: Object.fromEntries(limits),
    min_max_bins: Object.fromEntries(ranges),
    types: METADATA_KEYS.length,
    integers: keysOf('count'),
    image_dimensions: { keys: keysOf('pixels'), bin_size: PIXELS_PER_BIN },
  });
}
