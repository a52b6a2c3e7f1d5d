/** The facts of a picture as numbers of bins, one for each attribute, by which they are edited. */
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

/** The bin of each fact that a text has, by attribute. */
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

/** Facts as the text of a model, in the order of their ids. */
export function factsToText(bins: FactBins): string {
  return METADATA_KEYS.flatMap((key, id) => (bins[key] === undefined ? [] : [factText(id, bins[key])])).join(' ');
}

/** The facts of a text; other words are ignored. */
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

/** The value that a bin stands for: `480`, or `0.32`. */
export function valueText(key: MetadataKey, bin: number): string {
  const value = textToMetadata(factText(METADATA_KEYS.indexOf(key), bin))[key]!;
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

function factText(id: number, bin: number): string {
  return `v1=${id} v0=${bin}`;
}
