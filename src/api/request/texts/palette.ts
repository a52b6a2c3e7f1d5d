import * as v from 'valibot';
import { paletteToText, readPalette } from '../../../modalities/text/palette.js';
import { paletteMethods } from '../drawing.js';
import { valuesInText } from './format.js';

const channel = v.number();

/** A picture's main colours. */
export const PALETTE = valuesInText(
  'colours',
  v.array(v.tuple([channel, channel, channel])),
  paletteToText,
  (tokens, text) => {
    const reading = readPalette(text);
    return { kind: 'palette', tokens, text, ...reading, ...paletteMethods(reading.values) };
  },
);
