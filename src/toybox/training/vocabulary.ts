import type { TokenizerJson } from '../../tokenizers/text/tokenizer-json.js';
import { trainWordPiece } from '../../tokenizers/text/train-word-piece.js';
import { INSTANCE_GRID } from '../annotations/instances.js';
import { POSE_LEVELS } from '../annotations/poses.js';
import { OBJECT_CLASSES } from '../constants.js';
import { toyboxSample } from '../sample.js';
import { toyboxSeed } from '../splits.js';

/** Sentinels in the toybox's vocabulary: enough for its longest text with every other token masked. */
const SENTINELS = 64;

/**
 * The numbers that follow `v0=`, `v1=`, `v2=` and `v3=` in the texts of the toybox: pixels and bins (0…64), channels and
 * tokens (0…255, only after `v0=`), and the levels of the numbers of a pose.
 */
const COORDINATE_NUMBERS: readonly (readonly number[])[] = [
  256,
  INSTANCE_GRID + 1,
  INSTANCE_GRID + 1,
  INSTANCE_GRID + 1,
].map((count) => {
  const levels = Array.from({ length: POSE_LEVELS }, (_, k) => Math.round((999 * k) / (POSE_LEVELS - 1)));
  const numbers = new Set([...Array(count).keys(), ...levels]);
  return [...numbers].sort((a, b) => a - b);
});

/** Names in the texts of the toybox that no caption has. */
const FORMAT_WORDS = ['human', 'pose', 'global', 'camera', 'shape', 'none', 'point', 'polygon'] as const;

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
    coordinateBins: COORDINATE_NUMBERS,
    classNames: [...OBJECT_CLASSES, ...FORMAT_WORDS],
  });
}
