import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import {
  METADATA_KEYS,
  type Metadata,
  metadataToChunks,
  metadataToText,
  readMetadata,
  textToMetadata,
} from '../../../src/modalities/text/metadata.js';
import { expectClose } from '../../vectors.js';

const vectors: {
  id_map: Record<string, string>;
  build: { metadata: Metadata; string: string; chunks: string[] }[];
  decode: { string: string; decoded: Metadata }[];
} = JSON.parse(readFileSync(new URL('../../../spec/vectors/trans_metadata/data.json', import.meta.url), 'utf8'));

describe('published strings', () => {
  test('ids', () => {
    expect(METADATA_KEYS.map((key, id) => [key, `v1=${id}`])).toEqual(Object.entries(vectors.id_map));
  });

  test.each(vectors.build.map((c, i) => [i, c] as const))('build %i', (_, c) => {
    expect(metadataToText(c.metadata)).toBe(c.string);
    expect(metadataToChunks(c.metadata)).toEqual(c.chunks);
  });

  test.each(vectors.decode.map((c, i) => [i, c] as const))('decode %i', (_, c) => {
    const read = textToMetadata(c.string, { compat: 'official' });
    expect(Object.keys(read)).toEqual(Object.keys(c.decoded));
    expectClose(Object.values(read), Object.values(c.decoded), { rtol: 1e-9, atol: 0 });
  });
});

test('a value of the same bin is read back', () => {
  expect(textToMetadata('v1=9 v0=0 v1=14 v0=49 v1=20 v0=1 v1=0 v0=7 [EOS]')).toEqual({
    original_width: 224,
    colorfulness: 150 / 98,
    walkability: 1,
    aesthetic_score: 5,
  });
});

test('writing parsed values gives the same text', () => {
  const key = fc.constantFrom(...METADATA_KEYS);
  fc.assert(
    fc.property(fc.dictionary(key, fc.integer({ min: -10, max: 40000 })), (metadata) => {
      const read = textToMetadata(metadataToText(metadata));
      expect(Object.keys(read).toSorted()).toEqual(Object.keys(metadata).toSorted());
      expect(metadataToChunks(read).toSorted()).toEqual(metadataToChunks(metadata).toSorted());
    }),
  );
});

test('every bin of a range is read as a value of that bin', () => {
  const ranges = [9, 10, 11, 12, 13, 14, 15, 17, 18];
  const every = ranges.flatMap((id) => Array.from({ length: 50 }, (_, bin) => `v1=${id} v0=${bin}`));
  for (const chunk of every) expect(metadataToText(textToMetadata(chunk))).toBe(chunk);
});

test.each([
  '',
  'v1=99 v0=3',
  'v1=9',
  'v0=3',
  'v1=9 v2=3',
  'v0=9 v0=3',
  'v1=9 v0=50',
  'v1=20 v0=3',
  'v1=9 v0=1 v0=2',
  'v1=x v0=3',
])('what is no fact is left out: %j', (text) => {
  const unparsed = text.split(' ').filter(Boolean).length;
  expect(readMetadata(`${text} v1=5 v0=2`)).toEqual({ values: { n_humans: 2 }, unparsed });
});

test('the official reader refuses unknown facts', () => {
  expect(() => textToMetadata('v1=99 v0=3', { compat: 'official' })).toThrow(InvalidInputError);
});

test.each([
  [{ colour: 1 } as Metadata, "unknown metadata 'colour'"],
  [{ n_humans: 1.5 }, "metadata 'n_humans' must be a whole number, not 1.5"],
  [{ entropy: Number.NaN }, "metadata 'entropy' must be a finite number, not NaN"],
])('%o is refused', (metadata, message) => {
  expect(() => metadataToText(metadata)).toThrow(message);
});
