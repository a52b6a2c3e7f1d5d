/** Text modalities: values to strings and strings back to values. */
import {
  METADATA_KEYS,
  type Metadata,
  metadataToChunks,
  metadataToText,
  textToMetadata,
} from '../../modalities/text/metadata.js';
import { drawPalette, paletteToText, type Rgb } from '../../modalities/text/palette.js';
import type { ConformanceCase } from '../case.js';
import type { Comparison } from '../comparison.js';

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

/** `trans.metadata`: facts of a picture to a string and back. */
export function metadataStrings(reference: ConformanceCase, compare: Comparison): void {
  const { id_map, build, decode } = reference.json() as {
    id_map: Record<string, string>;
    build: { metadata: Metadata; string: string }[];
    decode: { string: string; decoded: Metadata }[];
  };
  compare.value('id_map', Object.fromEntries(METADATA_KEYS.map((key, id) => [key, `v1=${id}`])), id_map);
  build.forEach((entry, i) => {
    const results = { string: metadataToText(entry.metadata), chunks: metadataToChunks(entry.metadata) };
    compare.entry(`build[${i}]`, entry, ['metadata'], results);
  });
  decode.forEach(({ string, decoded }, i) => {
    const read = textToMetadata(string, { compat: 'official' });
    compare.value(`decode[${i}] keys`, Object.keys(read), Object.keys(decoded));
    compare.numbers(`decode[${i}]`, Object.values(read), Object.values(decoded));
  });
}
