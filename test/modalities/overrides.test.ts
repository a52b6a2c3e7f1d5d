import { expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { overrideModalities } from '../../src/modalities/overrides.js';
import { publishedModalities } from '../../src/modalities/published.js';

test('an image of another size has other tokens; its published description stays', () => {
  const changed = overrideModalities(publishedModalities, {
    'tok_rgb@224': { input_size: [80, 48], vocab_size: 24 },
    'tok_dinov2@224': { input_size: 56 },
    'rgb@224': { patch_size: 8 },
  });
  expect(changed['tok_rgb@224']).toEqual({
    ...publishedModalities['tok_rgb@224'],
    vocabSize: 24,
    inputSize: [80, 48],
    maxTokens: 15,
  });
  expect(changed['tok_dinov2@224']!.maxTokens).toBe(16);
  expect(changed['rgb@224']).toMatchObject({ patchSize: [8, 8], maxTokens: 784 });
  expect(changed['tok_depth@224']).toEqual(publishedModalities['tok_depth@224']);
  expect(publishedModalities['tok_rgb@224']!.maxTokens).toBe(196);
});

test('a sequence can have other words, lengths and vectors', () => {
  const changed = overrideModalities(publishedModalities, {
    caption: { vocab_size: 60, max_length: 24, max_tokens: 20 },
    det: { max_length: 5 },
    t5_caption: { orig_emb_dim: 48 },
  });
  expect(changed.caption).toMatchObject({ vocabSize: 60, maxLength: 24, maxTokens: 20 });
  expect(changed.det).toMatchObject({ vocabSize: 30_000, maxLength: 5, maxTokens: 256 });
  expect(changed.t5_caption).toMatchObject({ embeddingDim: 48, maxTokens: 77 });
});

test('positions can be learned, and pixels have other channels', () => {
  const changed = overrideModalities(publishedModalities, {
    'rgb@224': { num_channels: 4, sincos_pos_emb: false },
    tok_dinov2_global: { sincos_pos_emb: true },
  });
  expect(changed['rgb@224']).toMatchObject({ channels: 4, learnedPositions: true });
  expect(changed.tok_dinov2_global).toMatchObject({ learnedPositions: false });
});

test('an unknown modality is refused by name', () => {
  const change = () => overrideModalities(publishedModalities, { smell: { vocab_size: 4 } });
  expect(change).toThrow(InvalidInputError);
  expect(change).toThrow(/unknown modality 'smell'; known are rgb@224, /);
});

test('a property that a modality lacks is an error that names it', () => {
  const change = () => overrideModalities(publishedModalities, { caption: { colour: 4 } as object });
  expect(change).toThrow(InvalidInputError);
  expect(change).toThrow(`'caption' has no "colour" to change`);
});
