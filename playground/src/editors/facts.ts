/** The metadata of a picture as bins, one for each attribute, for editing. */
import {
  BINS,
  MAX_COUNT,
  METADATA_KEYS,
  METADATA_RULES,
  type MetadataKey,
  type MetadataRule,
  textToMetadata,
} from '../../../src/modalities/text/metadata.js';
import { numberIn, wordsOf } from '../../../src/modalities/text/words.js';

/** The bin of each attribute that a text contains. */
export type FactBins = Partial<Record<MetadataKey, number>>;

/** The highest bin of an attribute. */
export function lastBin(key: MetadataKey): number {
  const rule: MetadataRule = METADATA_RULES[key];
  switch (rule.kind) {
    case 'pixels':
    case 'count':
      return MAX_COUNT;
    case 'range':
      return BINS - 1;
    case 'limits':
      return rule.limits.length;
  }
}

/** Metadata as the text that a model reads, in the order of the attribute ids. */
export function factsToText(bins: FactBins): string {
  return METADATA_KEYS.flatMap((key, id) => (bins[key] === undefined ? [] : [factText(id, bins[key])])).join(' ');
}

/** The metadata of a text. Other words are ignored. */
export function textToFacts(text: string): FactBins {
  const words = wordsOf(text);
  const facts = words.flatMap((word, i) => {
    const next = words[i + 1];
    const id = word.startsWith('v1=') ? numberIn(word) : undefined;
    const bin = next?.startsWith('v0=') ? numberIn(next) : undefined;
    const key = id === undefined ? undefined : METADATA_KEYS[id];
    return key === undefined || bin === undefined || bin > lastBin(key) ? [] : [[key, bin] as const];
  });
  return Object.fromEntries(facts);
}

/** The value of a bin as text: `480`, or `0.32`. */
export function valueText(key: MetadataKey, bin: number): string {
  const value = textToMetadata(factText(METADATA_KEYS.indexOf(key), bin))[key]!;
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

function factText(id: number, bin: number): string {
  return `v1=${id} v0=${bin}`;
}
