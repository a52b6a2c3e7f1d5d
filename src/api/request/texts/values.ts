/** Values whose texts hold words of the vocabulary alone: colours, facts, and boxes with names. */
import * as v from 'valibot';
import { detectionsToText, orderDetections, readDetections } from '../../../modalities/text/detections.js';
import { METADATA_KEYS, metadataToText, readMetadata } from '../../../modalities/text/metadata.js';
import { paletteToText, readPalette } from '../../../modalities/text/palette.js';
import { detectionsMethods, metadataMethods, paletteMethods } from '../drawing.js';
import { box, type TextFormat, valuesInText } from './format.js';

const channel = v.number();

/** A picture's main colours. */
export const PALETTE = valuesInText(
  'colours',
  v.array(v.tuple([channel, channel, channel])),
  paletteToText,
  (tokens, text) => {
    const parsed = readPalette(text);
    return { kind: 'palette', tokens, text, ...parsed, ...paletteMethods(parsed.values) };
  },
);

/** Facts about a picture. */
export const METADATA = valuesInText(
  `facts, such as { ${METADATA_KEYS[0]}: 640 }`,
  v.pipe(
    v.record(v.string(), v.number()),
    v.check((facts) => Object.getPrototypeOf(facts) === Object.prototype, 'must be names and numbers'),
  ),
  metadataToText,
  (tokens, text) => {
    const parsed = readMetadata(text);
    return { kind: 'metadata', tokens, text, ...parsed, ...metadataMethods(parsed.values) };
  },
);

const detections = v.array(v.object({ label: v.string(), box }));

/** Boxes with names. @param bins number of steps of a coordinate */
export function detectionsFormat(bins: number): TextFormat {
  return valuesInText(
    'boxes',
    detections,
    (objects) => detectionsToText(orderDetections(objects), bins),
    (tokens, text) => {
      const { values: objects, unparsed } = readDetections(text, bins);
      return { kind: 'detections', tokens, text, objects, unparsed, ...detectionsMethods(objects) };
    },
  );
}
