import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describePublished, tokenizerOf } from '../../../../src/api/loading/published-package.js';
import { CheckpointError } from '../../../../src/errors.js';
import { publishedConfig } from './tiny-checkpoints.js';

const MANIFESTS = readdirSync(new URL('../../../../spec/vectors/manifests', import.meta.url))
  .filter((file) => file.startsWith('4M'))
  .map((file) => file.replace('.json', ''));

describe.each(MANIFESTS)('%s', (name) => {
  const config = publishedConfig(name);
  const { about } = describePublished(name, config, 'file');

  test('has an API name for every input and output', () => {
    const known = Object.values(about.modalities).flatMap((modality) =>
      'pixels' in modality && modality.pixels ? [modality.tokens, modality.pixels] : [modality.tokens],
    );
    const all = new Set([...(config.domains_in as string[]), ...(config.domains_out as string[])]);
    expect(known.sort()).toEqual([...all].sort());
  });
});

test('4M-21: the modalities, their tokenizers, and how the official demo decodes them', () => {
  const { modalities } = describePublished('x', publishedConfig('4M-21_B'), 'file').about;
  expect(modalities.depth).toMatchObject({
    kind: 'published',
    tokens: 'tok_depth@224',
    tokenizer: 'EPFL-VILAB/4M_tokenizers_depth_8k_224-448',
    decodingFromImage: { method: 'roar', steps: 1, temperature: 0.01, guidanceScale: 2, topP: 0.8 },
    decoding: { method: 'roar', steps: 8, temperature: 3, temperatureSchedule: { lowest: 0.5, power: 0.5 } },
  });
  expect(modalities.rgb).toMatchObject({ pixels: 'rgb@224', tokens: 'tok_rgb@224', decoding: { steps: 25 } });
  expect(modalities.clip).toMatchObject({ decoding: { steps: 50, temperature: 5, guidanceScale: 3 } });
  expect(modalities.det).toMatchObject({ kind: 'detections', bins: 1000, decoding: { temperature: 0.3 } });
  expect(modalities.human_poses).toMatchObject({
    kind: 'poses',
    decoding: { method: 'autoregressive', temperature: 0.1 },
  });
  expect(modalities.t5_caption).toMatchObject({ kind: 'embeddings' });
});

test('super-resolution: names contain the size, and 448 is decoded by MaskGIT', () => {
  const { modalities } = describePublished('x', publishedConfig('4M-7-SR_L'), 'file').about;
  expect(modalities['rgb@224']).toMatchObject({ pixels: 'rgb@224', tokens: 'tok_rgb@224' });
  expect(modalities['depth@448']).toMatchObject({
    tokenizer: 'EPFL-VILAB/4M_tokenizers_depth_8k_224-448',
    decoding: { method: 'maskgit', schedule: 'cosine', steps: 8, temperature: 1, guidanceScale: 2 },
  });
});

test('both kinds of edges share a tokenizer', () => {
  expect(tokenizerOf('tok_sam_edge@224')).toBe(tokenizerOf('tok_canny_edge@224'));
});

test('an unpublished modality is an error that names it', () => {
  const config = { ...publishedConfig('4M-7_B'), domains_in: ['rgb@224', 'tok_thermal@224'] };
  expect(() => describePublished('x', config, 'x.safetensors')).toThrow(CheckpointError);
  expect(() => describePublished('x', config, 'x.safetensors')).toThrow(
    /'tok_thermal@224' that no published model has/,
  );
});
