import { expect, it } from 'vitest';
import { autoregressiveStep, type SequenceOptions } from '../../src/decoding/autoregressive.js';
import { randomDraws } from '../../src/decoding/sampling.js';
import { openSequence } from '../../src/decoding/state.js';
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
  const open = openSequence(1, 11, vocabulary);
  const batch = { size: 1, modalities: { det: change?.(open) ?? open } };
  const options = { temperature: 0, draws: randomDraws(new Random(0)), vocabulary, ...more };
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
