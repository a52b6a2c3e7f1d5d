import * as v from 'valibot';
import { detectionsToText, orderDetections, readDetections } from '../../../modalities/text/detections.js';
import { detectionsMethods } from '../drawing.js';
import { box, type TextFormat, valuesInText } from './format.js';

const schema = v.array(v.object({ label: v.string(), box }));

/** Boxes with names. @param bins number of steps of a coordinate */
export function detectionsFormat(bins: number): TextFormat {
  return valuesInText(
    'boxes',
    schema,
    (objects) => detectionsToText(orderDetections(objects), bins),
    (tokens, text) => {
      const { values: objects, unparsed } = readDetections(text, bins);
      return { kind: 'detections', tokens, text, objects, unparsed, ...detectionsMethods(objects) };
    },
  );
}
