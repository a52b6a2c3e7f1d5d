/** Modalities that are texts: what their words tell. */
import type { WordsModality } from '../../types/description.js';
import { detectionsFormat } from './detections.js';
import { PLAIN_TEXT, type TextFormat } from './format.js';
import { instancesFormat } from './instances.js';
import { METADATA } from './metadata.js';
import { PALETTE } from './palette.js';
import { posesFormat } from './poses.js';

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
