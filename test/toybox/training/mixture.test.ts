import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskSample } from '../../../src/masking/masking.js';
import { Random } from '../../../src/random.js';
import { TOYBOX_MODALITIES, toyboxModalities, toyboxModalitiesNamed } from '../../../src/toybox/modalities.js';
import { TOYBOX_MIXTURE, toyboxMixture } from '../../../src/toybox/training/mixture.js';
import { toyboxText } from './tiny.js';

const NAMES = [...new Set(TOYBOX_MODALITIES.map(({ name }) => name))];

test('the mixture for all modalities is the default one', () => {
  expect(toyboxMixture(TOYBOX_MODALITIES.map(({ key }) => key))).toEqual(TOYBOX_MIXTURE);
});

test('three modalities have the components that are of them', () => {
  const mixture = toyboxMixture(toyboxModalitiesNamed(['rgb', 'semseg', 'caption']).map(({ key }) => key));
  expect(mixture.map(({ inputAlphas }) => Object.keys(inputAlphas))).toEqual([
    ['rgb@64'],
    ['rgb@64'],
    ['caption', 'tok_semseg@64'],
    ['caption'],
    ['caption', 'tok_rgb@64', 'tok_semseg@64'],
    ['rgb@64', 'tok_rgb@64', 'tok_semseg@64', 'caption'],
  ]);
  expect(mixture[1]!.targetAlphas).toEqual({ caption: 4 });
});

test('the mixture of any modalities, the picture among them, masks a sample of these', () => {
  const text = toyboxText();
  fc.assert(
    fc.property(fc.subarray(NAMES), fc.nat(), (names, seed) => {
      const infos = Object.values(toyboxModalities(text.vocabSize, toyboxModalitiesNamed([...names, 'rgb'])));
      const sample = Object.fromEntries(
        infos.map(({ name, kind, maxTokens }) => {
          const tokens = Int32Array.from({ length: kind === 'sequence' ? 3 : maxTokens }, () => text.eosId + 1);
          return [name, kind === 'sequence-embedding' ? { kind, vectors: 3 } : { kind, tokens }];
        }),
      );
      const mixture = toyboxMixture(infos.map(({ name }) => name));
      const masking = { inputTokens: 32, targetTokens: 32, mixture, vocabulary: text };
      const masked = maskSample(sample, infos, masking, new Random(seed));
      expect(Object.keys(masked)).toEqual(infos.map(({ name }) => name));
    }),
    { numRuns: 50 },
  );
});
