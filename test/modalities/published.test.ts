import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ModalityKind, modalityId } from '../../src/modalities/modality.js';
import { publishedModalities, publishedTokenizerInputs } from '../../src/modalities/published.js';

/** An entry of the official registry; embeddings are given by class and constructor arguments. */
interface Entry {
  id: number;
  input_size?: number;
  patch_size?: number;
  vocab_size?: number;
  num_channels?: number;
  num_labels?: number;
  max_tokens?: number | null;
  encoder_embedding?: { kind: string; args: { max_length?: number; sincos_pos_emb?: boolean } } | null;
  decoder_embedding?: object | null;
}

const registry = Object.entries(
  JSON.parse(
    readFileSync(new URL('../../spec/vectors/trans_modality_info/data.json', import.meta.url), 'utf8'),
  ) as Record<string, Entry>,
);
const inModels = registry.filter(([, entry]) => entry.encoder_embedding);
const inTokenizers = registry.filter(([, entry]) => entry.num_channels && entry.encoder_embedding?.kind === undefined);

const KINDS: Record<string, ModalityKind> = {
  ImageEncoderEmbedding: 'pixels',
  ImageTokenEncoderEmbedding: 'image-tokens',
  SequenceEncoderEmbedding: 'sequence',
  SequenceEmbEncoderEmbedding: 'sequence-embedding',
};

test('the registry has exactly the published modalities', () => {
  expect(Object.keys(publishedModalities).sort()).toEqual(inModels.map(([name]) => name).sort());
});

test.each(inModels)('%s is as published', (name, entry) => {
  const { kind, args } = entry.encoder_embedding!;
  const info = publishedModalities[name]!;
  const [height, width] = info.inputSize ?? [];
  const size = entry.patch_size && (entry.input_size ?? 224);
  const [rows, columns] = info.patchSize ?? [];
  expect(info.name).toBe(name);
  expect(info.id).toBe(entry.id);
  expect(info.kind).toBe(KINDS[kind]);
  expect(info.vocabSize).toBe(entry.vocab_size);
  expect([rows, columns]).toEqual([entry.patch_size, entry.patch_size]);
  expect([height, width]).toEqual([size, size]);
  expect(info.maxTokens).toBe(entry.max_tokens ?? (height! / rows!) * (width! / columns!));
  expect(info.learnedPositions ?? false).toBe(args.sincos_pos_emb === false);
  if (info.kind === 'pixels') expect(info.channels).toBe(entry.num_channels);
  if (info.kind === 'sequence') expect(info.maxLength).toBe(args.max_length);
  if (info.kind === 'sequence-embedding') expect(info.maxTokens).toBe(args.max_length);
  expect(info.kind === 'pixels' || info.kind === 'sequence-embedding').toBe(!entry.decoder_embedding);
});

test("the tokenizers' inputs equal the official ones", () => {
  const officially = inTokenizers.map(([name, entry]) => [
    name,
    { channels: entry.num_channels, ...(entry.num_labels && { classes: entry.num_labels }) },
  ]);
  const poses = registry.find(([name]) => name === 'human_poses')![1];
  expect(publishedTokenizerInputs).toEqual({
    ...Object.fromEntries(officially),
    human_poses: { channels: poses.num_channels },
  });
});

test.each(registry)('the id of %s is the published one', (name, entry) => {
  expect(modalityId(name)).toBe(entry.id);
});
