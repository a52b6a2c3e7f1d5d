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
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';

/** `trans.palette`: palettes to texts and pictures. */
export function palettes(task: Inputs, out: Outputs): void {
  interface Entry {
    readonly palette: [Record<string, Rgb[]>];
    readonly length_drawn: number;
  }
  (task.json() as Entry[]).forEach((entry, i) => {
    const colours = entry.palette[0][entry.length_drawn]!;
    const { height, width, channels, data } = drawPalette(colours);
    const swatch = width / colours.length;
    out.value(`/${i}`, {
      flat: colours.flat(),
      string: paletteToText(colours),
      image_shape: [height, width, channels],
      image_colors: colours.map((_, k) => [...data.subarray(k * swatch * channels, k * swatch * channels + 3)]),
    });
  });
}

/** `trans.metadata`: metadata to texts and back, and the bins of every attribute. */
export function metadataStrings(task: Inputs, out: Outputs): void {
  const { build, decode } = task.json() as { build: { metadata: Metadata }[]; decode: { string: string }[] };
  const rules = Object.entries<MetadataRule>(METADATA_RULES);
  const named = (kind: MetadataRule['kind']) => rules.filter(([, rule]) => rule.kind === kind).map(([key]) => key);
  const binned = <T>(bins: (rule: MetadataRule) => T | undefined) =>
    Object.fromEntries(rules.flatMap(([key, rule]) => (bins(rule) ? [[key, bins(rule)]] : [])));
  out.value('', {
    id_map: Object.fromEntries(METADATA_KEYS.map((key, id) => [key, `v1=${id}`])),
    min_max_bins: binned((rule) => (rule.kind === 'range' ? [rule.min, rule.max, BINS] : undefined)),
    manual_bins: binned((rule) => (rule.kind === 'limits' ? rule.limits : undefined)),
    int_modalities: named('count'),
    image_dim_bin_size: PIXELS_PER_BIN,
    image_dim_modalities: named('pixels'),
  });
  build.forEach(({ metadata }, i) => {
    out.value(`/build/${i}`, { string: metadataToText(metadata), chunks: metadataToChunks(metadata) });
  });
  decode.forEach(({ string }, i) => {
    const decoded = textToMetadata(string, { compat: 'official' });
    out.value(`/decode/${i}`, { decoded, order: Object.keys(decoded) });
  });
}
