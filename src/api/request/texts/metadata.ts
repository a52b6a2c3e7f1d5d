import * as v from 'valibot';
import { METADATA_KEYS, metadataToText, readMetadata } from '../../../modalities/text/metadata.js';
import { metadataMethods } from '../drawing.js';
import { valuesInText } from './format.js';

/** Facts about a picture. */
export const METADATA = valuesInText(
  `facts, such as { ${METADATA_KEYS[0]}: 640 }`,
  v.pipe(
    v.record(v.string(), v.number()),
    v.check((facts) => Object.getPrototypeOf(facts) === Object.prototype, 'must be names and numbers'),
  ),
  metadataToText,
  (tokens, text) => {
    const reading = readMetadata(text);
    return { kind: 'metadata', tokens, text, ...reading, ...metadataMethods(reading.values) };
  },
);
