import type { TokenizerJson } from '../../tokenizers/text/tokenizer-json.js';
import { trainWordPiece } from '../../tokenizers/text/train-word-piece.js';
import { OBJECT_CLASSES } from '../constants.js';
import { TOYBOX_COORDINATES, TOYBOX_FORMAT_WORDS } from '../modalities.js';
import { toyboxSample } from '../sample.js';
import { toyboxSeed } from '../splits.js';

/** Sentinels in the toybox's vocabulary: enough for its longest text with every other token masked. */
const SENTINELS = 64;

/** The caption of a training scene. */
export function trainingCaption(index: number): string {
  return toyboxSample(toyboxSeed('train', index), { size: 8, supersampling: 1 }).caption;
}

/** `vocabularyOf` the captions of the first training scenes. */
export function trainToyboxVocabulary(scenes: number): TokenizerJson {
  return vocabularyOf(Array.from({ length: scenes }, (_, i) => trainingCaption(i)));
}

/**
 * Trains the toybox's text tokenizer on captions. The words of the other strings (numbers, classes and the names between them)
 * are tokens of their own from the start.
 */
export function vocabularyOf(captions: readonly string[]): TokenizerJson {
  return trainWordPiece(captions, {
    vocabSize: 1024,
    sentinels: SENTINELS,
    coordinateBins: TOYBOX_COORDINATES,
    classNames: [...OBJECT_CLASSES, ...TOYBOX_FORMAT_WORDS],
  });
}
