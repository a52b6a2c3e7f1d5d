/** Editors of the values in texts: each shows the value of a field's text, and rewrites the text. */
import type { RgbImage } from '../../../src/client.js';
import type { Modality } from '../package.js';
import { boxesEditor } from './boxes.js';
import { metadataEditor } from './metadata.js';
import { paletteEditor } from './palette.js';
import { posesEditor } from './poses.js';

/**
 * The editor of a field.
 *
 * @param picture that boxes and people are drawn over
 * @returns       undefined for a modality whose texts have no values, such as captions
 */
export function editorFor(
  field: HTMLTextAreaElement,
  { about }: Modality,
  picture: () => RgbImage,
): HTMLElement | undefined {
  switch (about.kind) {
    case 'detections':
      return boxesEditor(field, { classes: about.classes, bins: about.bins, picture });
    case 'metadata':
      return metadataEditor(field);
    case 'palette':
      return paletteEditor(field);
    case 'poses':
      return posesEditor(field, picture);
    default:
      return undefined;
  }
}
