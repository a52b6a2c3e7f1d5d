import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import { writeSafetensors } from '../../../src/checkpoints/safetensors-writer.js';
import { CancelledError, CheckpointError, InvalidInputError } from '../../../src/errors.js';
import type { MaskingConfig } from '../../../src/masking/masking.js';
import { maskSample } from '../../../src/masking/masking.js';
import { Random } from '../../../src/random.js';
import { TOYBOX_IMAGES, type ToyboxImage, toyboxModalities } from '../../../src/toybox/modalities.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { maskedBatch } from '../../../src/toybox/training/batches.js';
import { TOYBOX_MIXTURE } from '../../../src/toybox/training/mixture.js';
import {
  detectionText,
  joinToyboxTokens,
  readToyboxTokens,
  type ToyboxTokens,
  tokenizeSamples,
  tokenizeToybox,
  writeToyboxTokens,
} from '../../../src/toybox/training/tokens.js';
import { onOneBackend } from '../../on-backends.js';
import { tinyTokenizers, toyboxText } from './tiny.js';

const SEEDS = [11, 12, 13];
const IMAGES = Object.keys(TOYBOX_IMAGES) as ToyboxImage[];
const text = toyboxText();

onOneBackend();
let tokenizers: ReturnType<typeof tinyTokenizers>;
let tokens: ToyboxTokens;
let told: [number, number][];

beforeAll(async () => {
  tokenizers = tinyTokenizers();
  told = [];
  tokens = await tokenizeToybox(SEEDS, tokenizers, text, { onProgress: (...progress) => told.push(progress) });
});

afterAll(() => {
  for (const tokenizer of Object.values(tokenizers)) for (const p of tokenizer.parameters.all) p.dispose();
});

describe('scenes as tokens', () => {
  test('have the pixels, the texts and the ids of every scene, in the order of the seeds', async () => {
    expect(tokens.count).toBe(3);
    expect(told).toEqual([[3, 3]]);
    for (const [i, seed] of SEEDS.entries()) {
      const sample = toyboxSample(seed, { size: 64 });
      expect(tokens.pixels.subarray(i * 64 * 64 * 3, (i + 1) * 64 * 64 * 3)).toEqual(sample.rgb.data);
      expect([...tokens.texts.caption[i]!]).toEqual(text.encode(sample.caption));
      expect([...tokens.texts.det[i]!]).toEqual(text.encode(detectionText(sample)));
      for (const name of IMAGES) {
        const alone = await tokenizeSamples([sample], name, tokenizers[name]);
        expect([...tokens.images[name].subarray(64 * i, 64 * i + 64)], name).toEqual([...alone]);
      }
    }
  });

  test('are read as they were written', () => {
    expect(readToyboxTokens(readSafetensors(writeToyboxTokens(tokens), 'tokens'))).toEqual(tokens);
  });

  test('may be of no words at all', () => {
    const silent = {
      ...tokens,
      texts: { caption: [[], [5], []].map((ids) => Int32Array.from(ids)), det: tokens.texts.det },
    };
    expect(readToyboxTokens(readSafetensors(writeToyboxTokens(silent), 'tokens'))).toEqual(silent);
  });

  test('are not read from a file of something else', () => {
    const file = readSafetensors(
      writeSafetensors([{ name: 'x', dtype: 'F32', shape: [1], data: Float32Array.of(1) }]),
      'x',
    );
    expect(() => readToyboxTokens(file)).toThrow(CheckpointError);
  });

  test('are joined one after the other', () => {
    const joined = joinToyboxTokens([tokens, tokens]);
    expect(joined.count).toBe(6);
    expect(joined.pixels).toEqual(Uint8Array.of(...tokens.pixels, ...tokens.pixels));
    for (const name of IMAGES)
      expect([...joined.images[name]]).toEqual([...tokens.images[name], ...tokens.images[name]]);
    expect(joined.texts.det).toEqual([...tokens.texts.det, ...tokens.texts.det]);
    expect(() => joinToyboxTokens([])).toThrow(InvalidInputError);
  });

  test('are not made once cancelled', async () => {
    const cancelled = tokenizeToybox(SEEDS, tokenizers, text, { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toThrow(new CancelledError('tokenizing the toybox'));
  });
});

describe('masked batches', () => {
  const infos = Object.values(toyboxModalities(text.vocabSize));
  const masking: MaskingConfig = {
    inputTokens: [20, 40],
    targetTokens: 30,
    mixture: TOYBOX_MIXTURE,
    vocabulary: text,
  };
  const scenes = [2, 0];

  test('hold what masking each scene on its own gives', () => {
    for (let seed = 0; seed < 10; seed++) {
      const batch = maskedBatch(tokens, scenes, infos, masking, new Random(seed));
      const random = new Random(seed);
      expect(batch.size).toBe(2);
      expect(Object.keys(batch.modalities)).toEqual(infos.map(({ name }) => name));
      scenes.forEach((scene, i) => {
        const sample = maskSample(
          {
            'rgb@64': { kind: 'pixels' },
            ...Object.fromEntries(
              IMAGES.map((name) => [
                `tok_${name}@64`,
                { kind: 'image-tokens' as const, tokens: tokens.images[name].subarray(64 * scene, 64 * scene + 64) },
              ]),
            ),
            caption: { kind: 'sequence', tokens: tokens.texts.caption[scene]! },
            det: { kind: 'sequence', tokens: tokens.texts.det[scene]! },
          },
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

  test('keep to their budgets, never show an image token they ask for, and always ask for something', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { modalities } = maskedBatch(tokens, scenes, infos, masking, new Random(seed));
      const open = (mask: Uint8Array, i: number) => {
        const half = mask.length / 2;
        return half - mask.subarray(i * half, (i + 1) * half).reduce((sum, masked) => sum + masked, 0);
      };
      scenes.forEach((_, i) => {
        const sum = (key: 'inputMask' | 'targetMask') =>
          Object.values(modalities).reduce((total, modality) => total + open(modality[key], i), 0);
        expect(sum('inputMask')).toBeLessThanOrEqual(40);
        expect(sum('targetMask')).toBeLessThanOrEqual(30);
        expect(sum('targetMask')).toBeGreaterThan(0);
      });
      expect(modalities['rgb@64']!.targetMask.every((masked) => masked === 1)).toBe(true);
      for (const { inputMask, targetMask } of Object.values(modalities)) {
        expect(inputMask.some((masked, i) => !masked && !targetMask[i])).toBe(false);
      }
    }
  });

  test('have the pictures as -1 to 1, channel by channel', () => {
    const { pixels } = maskedBatch(tokens, scenes, infos, masking, new Random(0)).modalities['rgb@64']!;
    expect(pixels).toHaveLength(2 * 3 * 64 * 64);
    for (const [i, scene] of scenes.entries()) {
      for (const [channel, place] of [
        [0, 0],
        [1, 77],
        [2, 4095],
      ] as const) {
        const colour = tokens.pixels[(scene * 4096 + place) * 3 + channel]!;
        expect(pixels![(i * 3 + channel) * 4096 + place]).toBeCloseTo(colour / 127.5 - 1, 6);
      }
    }
  });
});
