import { expect, test } from 'vitest';
import { publishedModalities } from '../../src/modalities/published.js';
import { TOYBOX_MODALITIES, toyboxModalities } from '../../src/toybox/index.js';
import { TOYBOX_TOKENIZERS, type ToyboxTokenizerName } from '../../src/toybox/names.js';
import { toyboxTokenizerConfig } from '../../src/toybox/training/tokenizers.js';

test('are those of 4M-21, with the published names and kinds', () => {
  const published = Object.values(publishedModalities).filter(({ name }) => !name.endsWith('@448'));
  const known = toyboxModalities(1000);
  expect(
    Object.keys(known)
      .map((name) => name.replace('@64', '@224'))
      .sort(),
  ).toEqual(published.map(({ name }) => name).sort());
  expect(Object.keys(known)).toHaveLength(19);
  for (const { name, kind, maxTokens, learnedPositions } of Object.values(known)) {
    const official = publishedModalities[name.replace('@64', '@224')]!;
    expect(kind, name).toBe(official.kind);
    expect(learnedPositions, name).toBe(official.learnedPositions);
    expect(maxTokens, name).toBeLessThanOrEqual(official.maxTokens);
  }
});

test('pixels and T5 embeddings are inputs only', () => {
  const inputs = TOYBOX_MODALITIES.filter(({ directions }) => directions === 'in').map(({ key }) => key);
  expect(inputs).toEqual(['rgb@64', 't5_caption']);
});

test('vocabularies are the codebooks of the tokenizers', () => {
  for (const { name, tokenizer } of TOYBOX_MODALITIES) {
    if (!('codebook' in tokenizer)) continue;
    const trained = (name.endsWith('_edge') ? 'edge' : name) as ToyboxTokenizerName;
    expect(TOYBOX_TOKENIZERS).toContain(trained);
    expect(tokenizer.codebook, name).toBe(toyboxTokenizerConfig(trained).codebook_size);
  }
});
