import { expect, it } from 'vitest';
import { autoregressiveStep, type SequenceOptions } from '../../src/decoding/autoregressive.js';
import { decodingRandomness } from '../../src/decoding/sampling.js';
import { emptySequenceTarget, fullImage } from '../../src/decoding/state.js';
import { Random } from '../../src/random.js';
import type { ModalityBatch } from '../../src/transformer/batch.js';
import { onOneBackend } from '../on-backends.js';
import { disposeOf, randomModel, tinyVocabulary } from './random-model.js';

onOneBackend();

const words = { ...tinyVocabulary, eosId: -1, sentinelIds: tinyVocabulary.sentinelIds.slice(0, 3) };

/** Says `det` from nothing, or from what it is given of it. */
async function decode(
  vocabulary = words,
  more: Pick<SequenceOptions, 'compat' | 'onToken'> = {},
  change?: (empty: ModalityBatch) => ModalityBatch,
) {
  const model = randomModel(8);
  const empty = emptySequenceTarget(1, 11, vocabulary);
  const batch = { size: 1, modalities: { det: change?.(empty) ?? empty } };
  const options = { temperature: 0, randomness: decodingRandomness(new Random(0)), vocabulary, ...more };
  const { modalities } = await autoregressiveStep(model, batch, 'det', options);
  disposeOf(model);
  return modalities.det!;
}

it('a sequence without input is generated from [S_1], like an empty target', async () => {
  const hidden = await decode(words, {}, (empty) => ({ ...empty, inputMask: empty.inputMask.map(() => 1) }));
  expect(hidden.inputMask.length).toBeGreaterThan(1);
  expect(hidden.inputMask).not.toContain(1);
  expect(hidden.targetMask).not.toContain(0);
});

it('generated tokens are dropped if the input has no span for them', async () => {
  const { ids } = await decode(words, {}, (empty) => ({ ...empty, ids: empty.ids!.with(0, 20) }));
  expect([...ids!]).toEqual([20]);
});

it('an empty result ends decoding and leaves one masked position; officially none', async () => {
  const { ids } = await decode();
  // The first generated word is the one that ends the text.
  const ending = { ...words, sentinelIds: [...words.sentinelIds.slice(0, 2), ids![0]!] };
  expect(await decode(ending)).toMatchObject({ inputMask: Uint8Array.of(1), targetMask: Uint8Array.of(1) });
  const steps: number[] = [];
  await decode(ending, { onToken: (done) => steps.push(done) });
  expect(steps).toEqual([1]);
  expect((await decode(ending, { compat: 'official' })).inputMask).toHaveLength(0);
});

it('officially only the last id of the target ends a text', async () => {
  const { ids } = await decode(words, { compat: 'official' });
  const padding = { ...words, padId: ids![0]! };
  expect((await decode(padding, { compat: 'official' })).ids).toEqual(ids);
});

it('a completed sample gets no more tokens while others of its batch go on', async () => {
  const model = randomModel(10);
  const pictures = Int32Array.from({ length: 32 }, (_, i) => (5 * i + 3 * Math.floor(i / 16)) % 12);
  const rgb = fullImage(model.modalities['tok_rgb@224']!, 2, { ids: pictures });
  const both = async (eosId: number) => {
    const vocabulary = { ...words, eosId };
    const batch = { size: 2, modalities: { 'tok_rgb@224': rgb, det: emptySequenceTarget(2, 11, vocabulary) } };
    const options = { temperature: 1, randomness: decodingRandomness([new Random(3), new Random(6)]), vocabulary };
    const { ids, inputMask } = (await autoregressiveStep(model, batch, 'det', options)).modalities.det!;
    const length = ids!.length / 2;
    return [0, 1].map((b) =>
      [...ids!.subarray(b * length, (b + 1) * length)].filter((_, l) => !inputMask[b * length + l]),
    );
  };
  const [first, second] = await both(-1);
  const end = first!.find((word, i) => i < second!.length - 1 && !second!.includes(word))!;
  expect(await both(end)).toEqual([first!.slice(0, first!.indexOf(end) + 1), second]);
  disposeOf(model);
});
