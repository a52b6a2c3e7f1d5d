/** Text formats of the modalities that are texts. */
import type { WordsModality } from '../../types/description.js';
import { PLAIN_TEXT, type TextFormat } from './format.js';
import { instancesFormat } from './instances.js';
import { posesFormat } from './poses.js';
import { detectionsFormat, METADATA, PALETTE } from './values.js';

export function formatOf(modality: WordsModality): TextFormat {
  switch (modality.kind) {
    case 'text':
      return PLAIN_TEXT;
    case 'detections':
      return detectionsFormat(modality.bins);
    case 'metadata':
      return METADATA;
    case 'palette':
      return PALETTE;
    case 'poses':
      return posesFormat(modality);
    case 'instances':
      return instancesFormat(modality);
  }
}
