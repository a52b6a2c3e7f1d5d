import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FactBins, factsToText, lastBin, textToFacts, valueText } from '../../../playground/src/editors/facts.js';
import { METADATA_KEYS, metadataToText, textToMetadata } from '../../../src/modalities/text/metadata.js';
import { toyboxMetadata } from '../../../src/toybox/annotations/metadata.js';
import { toyboxSample } from '../../../src/toybox/sample.js';

const facts = fc
  .subarray([...METADATA_KEYS])
  .chain((keys) =>
    fc.record(Object.fromEntries(keys.map((key) => [key, fc.nat(lastBin(key))]))),
  ) as fc.Arbitrary<FactBins>;

test('metadata are written as the text that a model reads', () => {
  fc.assert(
    fc.property(facts, (bins) => {
      const text = factsToText(bins);
      expect(textToFacts(text)).toEqual(JSON.parse(JSON.stringify(bins)));
      expect(metadataToText(textToMetadata(text))).toBe(text);
    }),
  );
});

test('the facts of a scene are all known', () => {
  const metadata = toyboxMetadata(toyboxSample(7));
  expect(Object.keys(textToFacts(metadataToText(metadata)))).toEqual(Object.keys(metadata));
});

test('the value of a bin is that of the published text', () => {
  expect(valueText('original_width', 15)).toBe('480');
  expect(valueText('n_humans', 2)).toBe('2');
  expect(valueText('colorfulness', 49)).toBe('150');
  expect(valueText('walkability', 10)).toBe('0.214');
  expect(valueText('aesthetic_score', 0)).toBe('2.25');
});

test('what is no fact is left out', () => {
  expect(textToFacts('v1=999 v0=1 v0=3 red v1=5 v1=6 v0=2 v1=19 v0=7')).toEqual({ n_sam_instances: 2 });
});
