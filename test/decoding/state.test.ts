import { describe, expect, it } from 'vitest';
import {
  concatBatches,
  emptyImageTarget,
  emptySequenceTarget,
  fullEmbeddings,
  fullImage,
  fullSequence,
  unconditionalBatch,
} from '../../src/decoding/state.js';
import type { ModalityBatch } from '../../src/transformer/batch.js';
import { referenceModalities } from '../transformer/reference.js';
import { vectorCase } from '../vectors.js';
import { vocabulary } from './reference.js';

const { data } = vectorCase('gen_init');
const infos = referenceModalities(['tok_rgb@224', 'caption', 't5_caption', 'rgb@224'], {
  t5_caption: { orig_emb_dim: 4 },
});

/** Compares with what the reference made, as far as it made it. */
function expectState(actual: ModalityBatch, name: string): void {
  const arrays: [string, ArrayLike<number> | undefined][] = [
    ['tensor', actual.ids],
    ['input_mask', actual.inputMask],
    ['target_mask', actual.targetMask],
    ['decoder_attention_mask', actual.decoderAttentionMask],
  ];
  let compared = 0;
  for (const [key, values] of arrays) {
    if (!values || !data.tensors.has(`out.${name}.${key}`)) continue;
    expect(Array.from(values), key).toEqual(Array.from(data.read(`out.${name}.${key}`) as Int32Array));
    compared++;
  }
  expect(compared).toBeGreaterThanOrEqual(3);
}

describe('gen_init', () => {
  it('empty targets', () => {
    expectState(emptyImageTarget(infos['tok_rgb@224']!, 2), 'empty_target.tok_rgb@224');
    expectState(emptySequenceTarget(2, 20, vocabulary), 'empty_target.caption');
  });

  it('full inputs', () => {
    const pixels = new Float32Array(2 * 3 * 224 * 224);
    expectState(fullImage(infos['rgb@224']!, 2, { pixels }), 'full_rgb.rgb@224');
    const valid = data.read('in.full.t5_mask_valid') as Uint8Array;
    expectState(fullEmbeddings(new Float32Array(valid.length * 4), valid), 'full_t5.t5_caption');
    const ids = data.read('in.full.caption_with_eos') as Int32Array;
    const upToEos = [0, 1].map((b) => ids.subarray(b * 12, b * 12 + 8));
    const { inputMask, targetMask } = fullSequence([...upToEos, ids.subarray(0, 12)], vocabulary);
    expect(Array.from(inputMask.subarray(0, 24))).toEqual(
      Array.from(data.read('out.full_with_eos.caption.input_mask') as Uint8Array),
    );
    expect(targetMask).not.toContain(0);
  });

  it('an unconditional text is [S_1] alone', () => {
    const ids = data.read('in.full.caption_with_eos') as Int32Array;
    const caption = fullSequence([ids.subarray(0, 12), ids.subarray(12)], vocabulary);
    const without = unconditionalBatch({ size: 2, modalities: { caption } }, ['caption'], infos, vocabulary);
    expectState(without.modalities.caption!, 'emptied_seq.caption');
    expect(Array.from(caption.ids!)).toEqual(Array.from(ids));
  });
});

describe('concatenated batches', () => {
  it('mask missing modalities and the ends of shorter texts', () => {
    const words = (...ids: number[][]) => fullSequence(ids, vocabulary);
    const image = fullImage(infos['tok_rgb@224']!, 1, { ids: new Int32Array(196).fill(3) });
    const { size, modalities } = concatBatches([
      { size: 2, modalities: { caption: words([9], [8, 7]) } },
      { size: 1, modalities: { caption: words([6, 5, 4]), 'tok_rgb@224': image } },
    ]);
    expect(size).toBe(3);
    expect([...modalities.caption!.ids!]).toEqual([9, 0, 0, 8, 7, 0, 6, 5, 4]);
    expect([...modalities.caption!.inputMask]).toEqual([0, 1, 1, 0, 0, 1, 0, 0, 0]);
    const { ids, inputMask, targetMask } = modalities['tok_rgb@224']!;
    expect([...ids!.subarray(2 * 196)]).toEqual([...image.ids!]);
    expect(inputMask.subarray(0, 2 * 196)).not.toContain(0);
    expect(targetMask).not.toContain(0);
    expect(inputMask.subarray(2 * 196)).not.toContain(1);
  });
});

describe('the unconditional batch', () => {
  it('has no image tokens, and one zero vector of an embedding sequence', () => {
    const batch = {
      size: 1,
      modalities: {
        'tok_rgb@224': fullImage(infos['tok_rgb@224']!, 1, { ids: new Int32Array(196) }),
        t5_caption: fullEmbeddings(new Float32Array(3 * 4).fill(1), Uint8Array.of(1, 1, 0)),
      },
    };
    const { modalities } = unconditionalBatch(batch, ['tok_rgb@224', 't5_caption', 'absent'], infos, vocabulary);
    expect(modalities['tok_rgb@224']!.inputMask).not.toContain(0);
    expect(Array.from(modalities.t5_caption!.inputMask)).toEqual([0, 1, 1]);
    expect(modalities.t5_caption!.embeddings!.every((x) => x === 0)).toBe(true);
    expect(batch.modalities['tok_rgb@224'].inputMask).not.toContain(1);
  });

  it('keeps the other modalities: both halves of a guided batch hold the same samples', () => {
    const image = fullImage(infos['tok_rgb@224']!, 2, { ids: Int32Array.from({ length: 392 }, (_, i) => i) });
    const batch = { size: 2, modalities: { 'tok_rgb@224': image } };
    const both = concatBatches([batch, batch]);
    expect(both.size).toBe(4);
    expect(Array.from(both.modalities['tok_rgb@224']!.ids!)).toEqual([...image.ids!, ...image.ids!]);
  });
});
