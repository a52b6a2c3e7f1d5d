/** Text modalities: values to strings and strings back to values. */
import {
  BINS,
  METADATA_KEYS,
  METADATA_RULES,
  type Metadata,
  type MetadataRule,
  metadataToChunks,
  metadataToText,
  PIXELS_PER_BIN,
  textToMetadata,
} from '../../../../src/modalities/text/metadata.js';
import { drawPalette, paletteToText, type Rgb } from '../../../../src/modalities/text/palette.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';

/** `trans.palette`: colours to a string and to a picture. */
export function palettes(reference: ConformanceCase, compare: Comparison): void {
  interface Entry {
    readonly palette: [Record<string, Rgb[]>];
    readonly length_drawn: number;
    readonly image_colors: Rgb[];
  }
  (reference.json() as Entry[]).forEach((entry, i) => {
    const colours = entry.palette[0][entry.length_drawn]!;
    const { height, width, channels, data } = drawPalette(colours);
    const swatch = width / entry.image_colors.length;
    compare.entry(`[${i}]`, entry, ['palette', 'length_drawn'], {
      flat: colours.flat(),
      string: paletteToText(colours),
      image_shape: [height, width, channels],
      image_colors: entry.image_colors.map((_, k) => [
        ...data.subarray(k * swatch * channels, k * swatch * channels + 3),
      ]),
    });
  });
}

/** `trans.metadata`: facts of a picture to a string and back, and the bins of every fact. */
export function metadataStrings(reference: ConformanceCase, compare: Comparison): void {
  const data = reference.json() as {
    build: { metadata: Metadata; string: string }[];
    decode: { string: string; decoded: Metadata }[];
    image_dim_modalities: string[];
  };
  const rules = Object.entries<MetadataRule>(METADATA_RULES);
  const named = (kind: MetadataRule['kind']) => rules.filter(([, rule]) => rule.kind === kind).map(([key]) => key);
  const binned = <T>(bins: (rule: MetadataRule) => T | undefined) =>
    Object.fromEntries(rules.flatMap(([key, rule]) => (bins(rule) ? [[key, bins(rule)]] : [])));
  compare.entry('data', data, ['build', 'decode', 'image_dim_modalities'], {
    id_map: Object.fromEntries(METADATA_KEYS.map((key, id) => [key, `v1=${id}`])),
    min_max_bins: binned((rule) => (rule.kind === 'range' ? [rule.min, rule.max, BINS] : undefined)),
    manual_bins: binned((rule) => (rule.kind === 'limits' ? rule.limits : undefined)),
    int_modalities: named('count'),
    image_dim_bin_size: PIXELS_PER_BIN,
  });
  // Their order means nothing.
  compare.value('data.image_dim_modalities', named('pixels').sort(), data.image_dim_modalities.toSorted());
  data.build.forEach((entry, i) => {
    const results = { string: metadataToText(entry.metadata), chunks: metadataToChunks(entry.metadata) };
    compare.entry(`build[${i}]`, entry, ['metadata'], results);
  });
  data.decode.forEach((entry, i) => {
    const { string, decoded } = entry;
    compare.entry(`decode[${i}]`, entry, ['string', 'decoded']);
    const read = textToMetadata(string, { compat: 'official' });
    compare.value(`decode[${i}] keys`, Object.keys(read), Object.keys(decoded));
    compare.numbers(`decode[${i}]`, Object.values(read), Object.values(decoded));
  });
}
