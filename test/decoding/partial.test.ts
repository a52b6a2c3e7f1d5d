import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecodingTarget } from '../../src/decoding/chain-steps.js';
import { type GenerationRequest, generateTokens } from '../../src/decoding/generate.js';
import { InvalidInputError } from '../../src/errors.js';
import { Random } from '../../src/random.js';
import type { FourM } from '../../src/transformer/model.js';
import { onBackends, onOneBackend } from '../on-backends.js';
import { disposeOf, randomModel, tinyVocabulary as vocabulary } from './random-model.js';

const { sentinelIds, eosId } = vocabulary;
const [S1, S2, S3] = [sentinelIds[1]!, sentinelIds[2]!, sentinelIds[3]!];
const image = (seed: number) => Int32Array.from({ length: 16 }, (_, i) => (5 * i + seed) % 12);

async function withModel<T>(seed: number, work: (model: FourM) => Promise<T>): Promise<T> {
  const model = randomModel(seed);
  try {
    return await work(model);
  } finally {
    disposeOf(model);
  }
}

const request = (seed: number, more: Partial<GenerationRequest>): GenerationRequest => ({
  inputs: {},
  targets: [],
  vocabulary,
  random: new Random(seed),
  ...more,
});

onBackends(['cpu', 'wasm', 'node'], () => {
  it('given image tokens are kept, all others are generated, in the requested number of steps', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 16, maxLength: 16, max: 1 }),
        fc.constantFrom<DecodingTarget['method']>('maskgit', 'roar'),
        fc.constantFrom<DecodingTarget['schedule']>('cosine', 'linear'),
        fc.nat(100),
        async (known, method, schedule, seed) => {
          const rotated = Uint8Array.from(known, (_, i) => known[(i + 3) % 16]!);
          const ids = [image(0), image(7)];
          const done: number[] = [];
          const tokens = await withModel(seed, (model) =>
            generateTokens(model, {
              ...request(seed, {
                inputs: { 'tok_rgb@224': { ids, known: [known, rotated] }, caption: { ids: [[20], [21, 22]] } },
                targets: [{ modality: 'tok_rgb@224', method, schedule, steps: 3, guidanceScale: 2 }],
              }),
              onProgress: (progress) => done.push(progress.done),
            }),
          );
          [known, rotated].forEach((given, b) => {
            const own = tokens['tok_rgb@224']![b]!;
            expect(own).toHaveLength(16);
            for (const [i, id] of own.entries()) {
              if (given[i]) expect(id).toBe(ids[b]![i]);
              expect(id >= 0 && id < 12).toBe(true);
            }
          });
          if (known.includes(0)) expect(done.at(-1)).toBe(16);
          expect(done.length).toBeLessThanOrEqual(1 + 3);
        },
      ),
      { numRuns: 8 },
    ));

  it('texts keep the given tokens around their spans, and respect the maximum length', () => {
    // At most two, so that a caption of ten tokens can hold the spans.
    const words = fc.array(fc.integer({ min: 20, max: 29 }), { maxLength: 2 });
    return fc.assert(
      fc.asyncProperty(words, words, words, fc.nat(1000), async (before, between, after, seed) => {
        const ids = [
          [...before, S1, ...between, S2, ...after],
          [...before, S1],
        ];
        const { caption } = await withModel(seed, (model) =>
          generateTokens(model, request(seed, { inputs: { caption: { ids } }, targets: [{ modality: 'caption' }] })),
        );
        const [filled, continued] = caption!.map((own) => Array.from(own));
        expect(filled!.slice(0, before.length)).toEqual(before);
        if (after.length > 0) expect(filled!.slice(-after.length)).toEqual(after);
        expect(String(filled!.slice(before.length, filled!.length - after.length))).toContain(String(between));
        expect(continued!.slice(0, before.length)).toEqual(before);
        for (const own of [filled!, continued!]) {
          expect(own.length).toBeLessThanOrEqual(10);
          for (const id of [eosId, S1, S2, S3]) expect(own).not.toContain(id);
        }
      }),
      // An [EOS] in a gap that is not the last ends nothing.
      { numRuns: 12, examples: [[[], [20], [], 706]] },
    );
  });
});

describe('partly given modalities', () => {
  onOneBackend();

  it('a text with a span at its end ends with [EOS]', () =>
    withModel(10, async (model) => {
      // Any word can serve as [EOS]: the text is the same up to its first occurrence, and ends there.
      const decode = async (end: number) => {
        const words = { ...vocabulary, eosId: end, sentinelIds: sentinelIds.slice(0, 3) };
        const { caption } = await generateTokens(
          model,
          request(3, { targets: [{ modality: 'caption' }], vocabulary: words }),
        );
        return Array.from(caption![0]!);
      };
      const endless = await decode(-1);
      expect(endless.length).toBeGreaterThan(5);
      for (const word of endless) expect(await decode(word)).toEqual(endless.slice(0, endless.indexOf(word)));
    }));

  it('the spans of a text share its maximum length, and [EOS] ends only the last one', () =>
    withModel(10, async (model) => {
      const decode = async (second: number, end: number) => {
        const words = { ...vocabulary, eosId: end, sentinelIds: [2, S1, second, -1] };
        const inputs = { caption: { ids: [[S1, 20, second]] } };
        const targets = [{ modality: 'caption' }];
        const { caption } = await generateTokens(model, request(3, { inputs, targets, vocabulary: words }));
        return Array.from(caption![0]!);
      };
      let ended = 0;
      for (let second = 4; second < 20; second++) {
        const whole = await decode(second, -2);
        expect(whole.length).toBeLessThanOrEqual(10);
        // Of those that have something in both gaps, the first word is the [EOS]: it is left out, and all else stays.
        const [first, behind] = [whole.slice(0, whole.indexOf(20)), whole.slice(whole.indexOf(20))];
        if (behind.length === 1) expect(whole).toHaveLength(10);
        if (first.length < 2 || behind.length < 2 || whole.indexOf(20) !== whole.lastIndexOf(20)) continue;
        ended++;
        expect(await decode(second, first[0]!)).toEqual(whole.filter((word) => word !== first[0]));
      }
      expect(ended).toBeGreaterThan(0);
    }));

  it('are input to targets before them, and pixels can be given in part too', () =>
    withModel(1, async (model) => {
      const targets = [
        { modality: 'tok_depth@224', steps: 1, temperature: 0 },
        { modality: 'tok_rgb@224', steps: 1 },
      ];
      const known = [Uint8Array.from({ length: 16 }, (_, i) => Number(i < 8))];
      const depth = async (inputs: GenerationRequest['inputs']) =>
        (await generateTokens(model, request(0, { inputs, targets })))['tok_depth@224'];
      const none = await depth({});
      expect(await depth({ 'tok_rgb@224': { ids: [image(0)], known } })).not.toEqual(none);
      expect(await depth({ 'tok_rgb@224': { ids: [image(0)], known: [new Uint8Array(16)] } })).toEqual(none);

      const pixels = [Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i))];
      // The lower half is masked out, so it may be anything.
      const others = [pixels[0]!.map((x, i) => (i % 1024 >= 512 ? -x : x))];
      const upper = await depth({ 'rgb@224': { pixels, known } });
      expect(await depth({ 'rgb@224': { pixels: others, known } })).toEqual(upper);
      expect(await depth({ 'rgb@224': { pixels } })).not.toEqual(upper);
    }));

  it('embeddings of another text encoder can be input, of any length in each sample', () =>
    withModel(2, async (model) => {
      const targets = [{ modality: 'tok_depth@224', steps: 2, guidanceScale: 3, temperature: 0 }];
      const vectors = (count: number) => Float32Array.from({ length: 6 * count }, (_, i) => Math.cos(i + count));
      const generate = (embeddings: Float32Array[]) =>
        generateTokens(model, request(0, { inputs: { t5_caption: { embeddings } }, targets }));
      const together = await generate([vectors(2), vectors(5)]);
      for (const [b, count] of [2, 5].entries()) {
        expect((await generate([vectors(count)]))['tok_depth@224']![0]).toEqual(together['tok_depth@224']![b]);
      }
      await expect(generate([vectors(6)])).rejects.toThrow(
        "'t5_caption' takes at most 5 vectors of 6 numbers a sample",
      );
      await expect(generate([new Float32Array(7)])).rejects.toThrow(InvalidInputError);
    }));

  it('are rejected with different numbers of masked tokens, and without a mask for every sample', () =>
    withModel(3, async (model) => {
      const given = (known: Uint8Array[]) =>
        generateTokens(
          model,
          request(0, {
            inputs: { 'tok_rgb@224': { ids: [image(0), image(1)], known } },
            targets: [{ modality: 'tok_rgb@224' }],
          }),
        );
      const [all, none] = [new Uint8Array(16).fill(1), new Uint8Array(16)];
      await expect(given([all, none])).rejects.toThrow('equally many masked tokens in every sample, not 0, 16');
      await expect(given([none])).rejects.toThrow('masks for 1 samples');
      await expect(given([none, new Uint8Array(3)])).rejects.toThrow('takes 16 entries of `known` a sample');
    }));
});
