import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import { publishedModalities } from '../../../src/modalities/published.js';
import {
  PUBLISHED_TOKENIZERS,
  publishedTokenizer,
  TOKENIZER_RECIPES,
} from '../../../src/tokenizers/published/index.js';

const MANIFESTS = new URL('../../../spec/vectors/manifests/', import.meta.url);
const manifests = readdirSync(MANIFESTS)
  .filter((file) => /^(vqvae|divae)__/.test(file))
  .map((file) => JSON.parse(readFileSync(new URL(file, MANIFESTS), 'utf8')));

test('every training configuration has a preset, and there are no others', () => {
  const recipes = manifests.map(({ yaml }) => yaml.replace('cfgs/default/tokenization/', '').replace('.yaml', ''));
  expect(Object.keys(TOKENIZER_RECIPES).sort()).toEqual(recipes.sort());
});

test.each(manifests)('the preset of $name is that of its configuration', ({ yaml, config, class: kind }) => {
  const preset = publishedTokenizer(yaml.replace('cfgs/default/tokenization/', '').replace('.yaml', ''));
  const { preprocessing, channels, codebookSize, codebooks, resolutions, patchSize } = preset;
  expect(preset.architecture).toBe(
    kind === 'DiVAE' ? 'divae' : config.quant_type === 'memcodes' ? 'mlp-memcodes' : 'vqvae',
  );
  expect({ channels, codebookSize, codebooks }).toEqual({
    channels: config.n_channels,
    codebookSize: config.codebook_size,
    codebooks: config.num_codebooks ?? 1,
  });
  expect(preprocessing.kind === 'classes' ? preprocessing.classes : null).toBe(config.n_labels ?? null);
  if (!resolutions) return;
  expect(patchSize).toBe(config.patch_size);
  expect(resolutions.to).toBe(config.image_size);
  expect((resolutions.to - resolutions.from) % resolutions.step).toBe(0);
  expect(resolutions.step % patchSize!).toBe(0);
});

test.each(Object.values(PUBLISHED_TOKENIZERS))('$name makes the tokens that the models want', (preset) => {
  expect(TOKENIZER_RECIPES).toHaveProperty([preset.recipe]);
  for (const modality of preset.modalities) {
    const { kind, vocabSize, maxTokens, inputSize } = publishedModalities[modality]!;
    if (kind !== 'image-tokens') continue;
    expect(preset.codebookSize).toBe(vocabSize);
    const perSide = preset.patchSize ? inputSize![0] / preset.patchSize : 1;
    expect(preset.codebooks * perSide ** 2).toBe(maxTokens);
    if (preset.resolutions) expect(preset.resolutions.to).toBeGreaterThanOrEqual(inputSize![0]);
  }
});

test('every tokenized modality of the models has a tokenizer', () => {
  const made = new Set(Object.values(PUBLISHED_TOKENIZERS).flatMap(({ modalities }) => modalities));
  const wanted = Object.keys(publishedModalities).filter((name) => name.startsWith('tok_'));
  expect([...made].filter((name) => name.startsWith('tok_')).sort()).toEqual(wanted.sort());
});

test('the twelve of the Hub go by their ids; an unknown name is refused', () => {
  expect(Object.keys(PUBLISHED_TOKENIZERS)).toHaveLength(12);
  const id = 'EPFL-VILAB/4M_tokenizers_rgb_16k_224-448';
  expect(publishedTokenizer(id)).toEqual({ ...PUBLISHED_TOKENIZERS[id], name: id });
  expect(() => publishedTokenizer('EPFL-VILAB/4M_tokenizers_rgb')).toThrow(InvalidInputError);
});
