import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mixtureOf } from '../../playground/src/masks.js';
import { maskSample } from '../../src/masking/masking.js';
import { Random } from '../../src/random.js';
import { loadWordPiece } from '../../src/tokenizers/text/word-piece.js';
import { TOYBOX_MODALITIES } from '../../src/toybox/modalities.js';
import { TOYBOX_MIXTURE } from '../../src/toybox/training/mixture.js';

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../models/toybox/${file}`, import.meta.url), 'utf8'));
const { infos } = read('fourm.json');
const vocabulary = loadWordPiece(read('text.json'));

test('the mixture of a model with some modalities can be drawn from', () => {
  const mixture = mixtureOf(infos);
  expect(mixture.length).toBeGreaterThan(2);
  const sample = Object.fromEntries(
    infos.map(({ name, kind, maxTokens }: (typeof infos)[number]) => {
      if (kind === 'pixels') return [name, { kind }];
      return [
        name,
        { kind, tokens: kind === 'sequence' ? vocabulary.encode('a red ball') : new Int32Array(maxTokens) },
      ];
    }),
  );
  for (const component of mixture) {
    const config = { inputTokens: 32, targetTokens: 32, mixture: [component], vocabulary };
    expect(Object.keys(maskSample(sample, infos, config, new Random(0)))).toHaveLength(infos.length);
  }
});

test('the mixture of a model with all modalities is the one that it is trained with', () => {
  expect(mixtureOf(TOYBOX_MODALITIES.map(({ key }) => ({ name: key }) as never))).toEqual(TOYBOX_MIXTURE);
});
