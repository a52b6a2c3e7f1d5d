import type { TokenizerJson } from '../../tokenizers/text/tokenizer-json.js';
import { trainWordPiece } from '../../tokenizers/text/train-word-piece.js';
import { OBJECT_CLASSES } from '../constants.js';
import { TOYBOX_COORDINATE_BINS } from '../modalities.js';
import { toyboxSample } from '../sample.js';
import { toyboxSeed } from '../splits.js';

/** Sentinels in the toybox's vocabulary: enough for its longest text with every other token masked. */
const SENTINELS = 40;

/** Trains the toybox's text tokenizer on the captions of its first training scenes. */
export function trainToyboxVocabulary(scenes: number): TokenizerJson {
  const captions = Array.from(
    { length: scenes },
    (_, i) => toyboxSample(toyboxSeed('train', i), { size: 8, supersampling: 1 }).caption,
  );
  return trainWordPiece(captions, {
    vocabSize: 600,
    sentinels: SENTINELS,
    coordinateBins: TOYBOX_COORDINATE_BINS,
    classNames: OBJECT_CLASSES,
  });
}
