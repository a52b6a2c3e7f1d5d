/** Facts about a picture as text: `v1=<which fact> v0=<its value's bin>`, one after the other. (`MetadataTransform` officially.) */
import { InvalidInputError } from '../../errors.js';
import { type CompatOptions, numberIn, type ParsedText, wordsOf } from './words.js';

/** The largest number that the vocabulary has a word for. */
export const MAX_COUNT = 999;
/** Number of bins of a range; the last one holds the upper end alone. */
export const BINS = 50;
/** Width of a bin of an image's side, in pixels. */
export const PIXELS_PER_BIN = 32;

/** A side of a picture in pixels, a count, or a score in a range, in even bins or in those between given limits. */
export type MetadataRule =
  | { readonly kind: 'pixels' }
  | { readonly kind: 'count' }
  | { readonly kind: 'range'; readonly min: number; readonly max: number }
  | { readonly kind: 'limits'; readonly min: number; readonly limits: readonly number[]; readonly max: number };

const PIXELS = { kind: 'pixels' } as const;
const COUNT = { kind: 'count' } as const;
const range = (max: number) => ({ kind: 'range', min: 0, max }) as const;

/** How each fact becomes the number of a bin, in the order of the published ids. */
export const METADATA_RULES = {
  original_width: PIXELS,
  original_height: PIXELS,
  caption_n_chars: COUNT,
  caption_n_words: COUNT,
  caption_n_sentences: COUNT,
  n_humans: COUNT,
  n_sam_instances: COUNT,
  n_coco_instances: COUNT,
  coco_instance_diversity: COUNT,
  colorfulness: range(150),
  brightness: range(255),
  contrast: range(127),
  saturation: range(255),
  entropy: range(10),
  walkability: range(1),
  objectness: range(1),
  semantic_diversity: COUNT,
  geometric_complexity: range(0.75),
  occlusion_score: range(0.25),
  watermark_score: { kind: 'limits', min: 0, limits: [0.5], max: 1 },
  aesthetic_score: { kind: 'limits', min: 0, limits: [4.5, 5.5], max: 10 },
} as const satisfies Record<string, MetadataRule>;

/** The published name of a fact about a picture. */
export type MetadataKey = keyof typeof METADATA_RULES;

/** Facts about a picture: sides in pixels, counts, and scores in the units of the published data. */
export type Metadata = Partial<Record<MetadataKey, number>>;

/** All facts, in the order of their ids. */
export const METADATA_KEYS = Object.keys(METADATA_RULES) as readonly MetadataKey[];

/** Facts as a text each, in the order of the object's keys: the chunks that span masking keeps or masks as a whole. */
export function metadataToChunks(metadata: Metadata): string[] {
  return Object.entries(metadata).map(([key, value]) => {
    const id = METADATA_KEYS.indexOf(key as MetadataKey);
    if (id < 0) throw new InvalidInputError(`unknown metadata '${key}'; known are ${METADATA_KEYS.join(', ')}`);
    const rule: MetadataRule = METADATA_RULES[key as MetadataKey];
    const isWhole = rule.kind === 'pixels' || rule.kind === 'count';
    if (!(isWhole ? Number.isInteger(value) : Number.isFinite(value))) {
      throw new InvalidInputError(`metadata '${key}' must be ${isWhole ? 'a whole' : 'a finite'} number, not ${value}`);
    }
    return `v1=${id} v0=${binOf(value, rule)}`;
  });
}

/**
 * Facts as text, in the order of the object's keys. Values beyond a range count as its end.
 *
 * @throws {InvalidInputError} for an unknown attribute, and an invalid value
 */
export function metadataToText(metadata: Metadata): string {
  return metadataToChunks(metadata).join(' ');
}

/**
 * Parses facts from text, each as a value of its bin: the smallest for sides, the number itself for counts, the middle for
 * scores. The text of these values is the same again. Generated text may be malformed: other words are left out.
 *
 * `official` reads scores as `bin / bins` of their range, which mostly is a value of the bin below; scores with hand-made
 * bins as the number of the bin; and refuses unknown facts.
 *
 * @returns facts in the order of their ids; of a repeated fact, the last value
 */
export function textToMetadata(text: string, options: CompatOptions = {}): Metadata {
  return readMetadata(text, options).values;
}

/** {@link textToMetadata}, and how many words belong to no fact. */
export function readMetadata(text: string, options: CompatOptions = {}): ParsedText<Metadata> {
  const read: Metadata = {};
  let unparsed = 0;
  for (const words of factsOf(text)) {
    const fact = factIn(words, options.compat === 'official');
    if (fact) read[fact.key] = fact.value;
    else unparsed += words.length;
  }
  const values = Object.fromEntries(METADATA_KEYS.filter((key) => key in read).map((key) => [key, read[key]]));
  return { values, unparsed };
}

function factIn(words: readonly string[], isOfficial: boolean): { key: MetadataKey; value: number } | undefined {
  const [id, bin] = words.map(numberIn);
  if (words.length !== 2 || id === undefined || bin === undefined) return undefined;
  const key = words[0]!.startsWith('v1=') ? METADATA_KEYS[id] : undefined;
  if (key === undefined && isOfficial) throw new InvalidInputError(`'${words[0]}' is the id of no metadata`);
  if (key === undefined || !(isOfficial || words[1]!.startsWith('v0='))) return undefined;
  const value = isOfficial ? officialValueIn(bin, METADATA_RULES[key]) : valueIn(bin, METADATA_RULES[key]);
  return value === undefined ? undefined : { key, value };
}

/** Words from every `v1=…` to the next. */
function factsOf(text: string): string[][] {
  const facts: string[][] = [];
  for (const word of wordsOf(text)) {
    if (word.startsWith('v1=') || facts.length === 0) facts.push([]);
    facts.at(-1)!.push(word);
  }
  return facts;
}

function binOf(value: number, rule: MetadataRule): number {
  switch (rule.kind) {
    case 'pixels':
      return clamp(Math.floor(value / PIXELS_PER_BIN), 0, MAX_COUNT);
    case 'count':
      return clamp(value, 0, MAX_COUNT);
    case 'range':
      return Math.floor(((clamp(value, rule.min, rule.max) - rule.min) / (rule.max - rule.min)) * (BINS - 1));
    case 'limits':
      return rule.limits.filter((limit) => limit <= value).length;
  }
}

/** A value of the bin; undefined if there is no such bin. */
function valueIn(bin: number, rule: MetadataRule): number | undefined {
  switch (rule.kind) {
    case 'pixels':
      return bin * PIXELS_PER_BIN;
    case 'count':
      return bin;
    case 'range': {
      if (bin >= BINS) return undefined;
      return rule.min + Math.min((bin + 0.5) / (BINS - 1), 1) * (rule.max - rule.min);
    }
    case 'limits': {
      const borders = [rule.min, ...rule.limits, rule.max];
      return bin < borders.length - 1 ? (borders[bin]! + borders[bin + 1]!) / 2 : undefined;
    }
  }
}

function officialValueIn(bin: number, rule: MetadataRule): number {
  if (rule.kind === 'pixels') return bin * PIXELS_PER_BIN;
  return rule.kind === 'range' ? (rule.max - rule.min) * (bin / BINS) + rule.min : bin;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
