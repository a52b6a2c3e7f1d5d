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
async function say(
  vocabulary = words,
  more: Pick<SequenceOptions, 'compat' | 'onToken'> = {},
  change?: (open: ModalityBatch) => ModalityBatch,
) {
  const model = randomModel(8);
  const open = emptySequenceTarget(1, 11, vocabulary);
  const batch = { size: 1, modalities: { det: change?.(open) ?? open } };
  const options = { temperature: 0, randomness: decodingRandomness(new Random(0)), vocabulary, ...more };
  const { modalities } = await autoregressiveStep(model, batch, 'det', options);
  disposeOf(model);
  return modalities.det!;
}

it('what has no part that is input is said from [S_1] on, as what is open is', async () => {
  const hidden = await say(words, {}, (open) => ({ ...open, inputMask: open.inputMask.map(() => 1) }));
  expect(hidden.inputMask.length).toBeGreaterThan(1);
  expect(hidden.inputMask).not.toContain(1);
  expect(hidden.targetMask).not.toContain(0);
});

it('what is said vanishes where the input has no gap for it', async () => {
  const { ids } = await say(words, {}, (open) => ({ ...open, ids: open.ids!.with(0, 20) }));
  expect([...ids!]).toEqual([20]);
});

it('where nothing is said nothing more is asked, and one place is masked out; officially there is none', async () => {
  const { ids } = await say();
  // The word that is said first is what ends the text.
  const ending = { ...words, sentinelIds: [...words.sentinelIds.slice(0, 2), ids![0]!] };
  expect(await say(ending)).toMatchObject({ inputMask: Uint8Array.of(1), targetMask: Uint8Array.of(1) });
  const asked: number[] = [];
  await say(ending, { onToken: (done) => asked.push(done) });
  expect(asked).toEqual([1]);
  expect((await say(ending, { compat: 'official' })).inputMask).toHaveLength(0);
});

it('officially the last id of the target ends a text, and no other of it does', async () => {
  const { ids } = await say(words, { compat: 'official' });
  const padding = { ...words, padId: ids![0]! };
  expect((await say(padding, { compat: 'official' })).ids).toEqual(ids);
});

it('a sample that has ended says no more, while others of its batch go on', async () => {
  const model = randomModel(10);
  const pictures = Int32Array.from({ length: 32 }, (_, i) => (5 * i + 3 * Math.floor(i / 16)) % 12);
  const rgb = fullImage(model.modalities['tok_rgb@224']!, 2, { ids: pictures });
  const both = async (eosId: number) => {
    const vocabulary = { ...words, eosId };
    const batch = { size: 2, modalities: { 'tok_rgb@224': rgb, det: emptySequenceTarget(2, 11, vocabulary) } };
    const options = { temperature: 1, randomness: decodingRandomness(new Random(3)), vocabulary };
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
