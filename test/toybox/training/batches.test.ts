import { beforeAll, describe, expect, test } from 'vitest';
import { type MaskingConfig, maskSample, type SampleModality } from '../../../src/masking/masking.js';
import { Random } from '../../../src/random.js';
import { toyboxModalities } from '../../../src/toybox/modalities.js';
import { maskedBatch } from '../../../src/toybox/training/batches.js';
import { TOYBOX_MIXTURE } from '../../../src/toybox/training/mixture.js';
import { tokenizeToybox } from '../../../src/toybox/training/tokenize.js';
import type { ToyboxTokens } from '../../../src/toybox/training/tokens.js';
import { onOneBackend } from '../../on-backends.js';
import { tinyTokenizers, toyboxText } from './tiny.js';

const infos = Object.values(toyboxModalities(toyboxText().vocabSize));

onOneBackend();
let tokens: ToyboxTokens;

beforeAll(async () => {
  const networks = tinyTokenizers();
  // The first scene has no person, the second has one.
  tokens = await tokenizeToybox([11, 14, 13], networks);
  networks.release();
});

describe('masked batches', () => {
  const masking: MaskingConfig = {
    inputTokens: [20, 40],
    targetTokens: 30,
    mixture: TOYBOX_MIXTURE,
    vocabulary: toyboxText(),
  };
  const scenes = [2, 0];

  test('equal masking each scene separately', () => {
    for (let seed = 0; seed < 10; seed++) {
      const batch = maskedBatch(tokens, scenes, infos, masking, new Random(seed));
      const random = new Random(seed);
      expect(batch.size).toBe(2);
      expect(Object.keys(batch.modalities)).toEqual(infos.map(({ name }) => name));
      scenes.forEach((scene, i) => {
        const sample = maskSample(
          Object.fromEntries(
            infos.map((info): [string, SampleModality] => {
              const { name, kind, maxTokens } = info;
              if (kind === 'pixels') return [name, { kind }];
              if (kind === 'sequence') return [name, { kind, tokens: tokens.texts[name]![scene]! }];
              if (kind === 'sequence-embedding')
                return [name, { kind, vectors: tokens.embeddings[name]![scene]!.length / 64 }];
              const ids = tokens.images[name]!.subarray(maxTokens * scene, maxTokens * (scene + 1));
              return [name, { kind, tokens: ids }];
            }),
          ),
          infos,
          masking,
          random,
        );
        for (const { name, kind } of infos) {
          const of = batch.modalities[name]!;
          const part = <T extends Uint8Array | Int32Array>(x: T) =>
            x.slice((i * x.length) / 2, ((i + 1) * x.length) / 2);
          const masked = sample[name]!;
          expect(part(of.inputMask)).toEqual(masked.inputMask);
          expect(part(of.targetMask)).toEqual(masked.targetMask);
          expect(part(of.decoderAttentionMask)).toEqual(masked.decoderAttentionMask);
          if (kind !== 'pixels') expect(part(of.ids!)).toEqual(masked.ids);
        }
      });
    }
  });

  test('keep to their budgets, have no image token as both input and target, and always have a target', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { modalities } = maskedBatch(tokens, scenes, infos, masking, new Random(seed));
      const unmasked = (mask: Uint8Array, i: number) => {
        const half = mask.length / 2;
        return half - mask.subarray(i * half, (i + 1) * half).reduce((sum, masked) => sum + masked, 0);
      };
      scenes.forEach((_, i) => {
        const sum = (key: 'inputMask' | 'targetMask') =>
          Object.values(modalities).reduce((total, modality) => total + unmasked(modality[key], i), 0);
        expect(sum('inputMask')).toBeLessThanOrEqual(40);
        expect(sum('targetMask')).toBeLessThanOrEqual(30);
        expect(sum('targetMask')).toBeGreaterThan(0);
      });
      for (const input of ['rgb@64', 't5_caption']) {
        expect(modalities[input]!.targetMask.every((masked) => masked === 1)).toBe(true);
      }
      for (const { inputMask, targetMask } of Object.values(modalities)) {
        expect(inputMask.some((masked, i) => !masked && !targetMask[i])).toBe(false);
      }
    }
  });

  test('have the vectors of the embeddings that are input, and zeros for masked spans', () => {
    const mixture = [{ weight: 1, inputAlphas: { t5_caption: 1 }, targetAlphas: { caption: 1 } }];
    const counts = { vectors: 0, zeros: 0 };
    for (let seed = 0; seed < 5; seed++) {
      const batch = maskedBatch(tokens, scenes, infos, { ...masking, mixture }, new Random(seed));
      const { ids, inputMask, embeddings } = batch.modalities.t5_caption!;
      const length = inputMask.length / 2;
      ids!.forEach((row, at) => {
        if (inputMask[at]) return;
        const vector = embeddings!.subarray(64 * at, 64 * (at + 1));
        const scene = scenes[Math.floor(at / length)]!;
        const expected = tokens.embeddings.t5_caption![scene]!.subarray(64 * row, 64 * (row + 1));
        expect(vector).toEqual(row < 0 ? new Float32Array(64) : expected);
        counts[row < 0 ? 'zeros' : 'vectors']++;
      });
    }
    expect(Math.min(counts.vectors, counts.zeros)).toBeGreaterThan(0);
  });

  test('have the pictures as -1 to 1, channel by channel', () => {
    const { pixels } = maskedBatch(tokens, scenes, infos, masking, new Random(0)).modalities['rgb@64']!;
    expect(pixels).toHaveLength(2 * 3 * 64 * 64);
    for (const [i, scene] of scenes.entries()) {
      for (const [channel, pixel] of [
        [0, 0],
        [1, 77],
        [2, 4095],
      ] as const) {
        const colour = tokens.pixels[(scene * 4096 + pixel) * 3 + channel]!;
        expect(pixels![(i * 3 + channel) * 4096 + pixel]).toBeCloseTo(colour / 127.5 - 1, 6);
      }
    }
  });
});
