import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import type { Batch, ModalityBatch } from '../../src/transformer/batch.js';
import { type Selection, selectInputs, selectTargets } from '../../src/transformer/selection.js';
import { referenceModalities } from './reference.js';

const infos = referenceModalities(['tok_rgb@224', 'tok_depth@224', 'caption'], {
  'tok_rgb@224': { input_size: 32, vocab_size: 9 },
  'tok_depth@224': { input_size: 48, vocab_size: 9 },
  caption: { vocab_size: 9, max_length: 8, max_tokens: 8 },
});
const attention = { causal: false, separate: true };
const names = Object.keys(infos);

/** Samples in which every token is input, target or neither; targets of a sequence lie together. */
const batches = fc.integer({ min: 1, max: 3 }).chain((size) => {
  const modality = (length: number, sequence: boolean): fc.Arbitrary<ModalityBatch> =>
    fc.array(fc.constantFrom(0, 1, 2), { minLength: size * length, maxLength: size * length }).map((roles) => {
      const role = (place: number) => {
        const l = place % length;
        return sequence ? (l < 3 ? 0 : l < 3 + roles[place - l]! * 2 ? 1 : 2) : roles[place]!;
      };
      return {
        ids: Int32Array.from(roles, (_, place) => place % 9),
        inputMask: Uint8Array.from(roles, (_, place) => (role(place) === 0 ? 0 : 1)),
        targetMask: Uint8Array.from(roles, (_, place) => (role(place) === 1 ? 0 : 1)),
        decoderAttentionMask: Int32Array.from(roles, (_, place) => (role(place) === 1 ? 1 : 0)),
      };
    });
  return fc
    .tuple(modality(4, false), modality(9, false), modality(10, true))
    .map((parts): Batch => ({ size, modalities: Object.fromEntries(parts.map((part, i) => [names[i]!, part])) }));
});

/** The chosen tokens of a sample in the order of their places, as `modality:place`. */
function tokensOf({ gathered: chosen, length: count }: Selection, batch: Batch, b: number): string[] {
  const tokens: string[] = [];
  for (const { modality, sequenceIndices: slots, tokenIndices: places } of chosen) {
    const length = batch.modalities[modality]!.inputMask.length / batch.size;
    slots.forEach((slot, i) => {
      if (Math.floor(slot / count) !== b) return;
      expect(Math.floor(places[i]! / length)).toBe(b);
      tokens[slot % count] = `${modality}:${places[i]! % length}`;
    });
  }
  return tokens;
}

function unmasked(batch: Batch, mask: 'inputMask' | 'targetMask', b: number, order = names): string[] {
  return order.flatMap((name) => {
    const values = batch.modalities[name]![mask];
    const length = values.length / batch.size;
    return Array.from({ length }, (_, l) => l)
      .filter((l) => values[b * length + l] === 0)
      .map((l) => `${name}:${l}`);
  });
}

describe('inputs', () => {
  it('are the unmasked tokens of every sample, in order, then padding', () => {
    fc.assert(
      fc.property(batches, fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }), (batch, limit) => {
        const selection = selectInputs(batch, infos, limit);
        for (let b = 0; b < batch.size; b++) {
          const expected = unmasked(batch, 'inputMask', b).slice(0, selection.length);
          expect(tokensOf(selection, batch, b)).toEqual(expected);
          const padding = selection.padding.subarray(b * selection.length, (b + 1) * selection.length);
          expect(Array.from(padding, (p) => 1 - p).reduce((a, c) => a + c, 0)).toBe(expected.length);
        }
        expect(selection.length).toBeLessThanOrEqual(limit ?? 23);
      }),
    );
  });

  it('of a sequence count their positions from 0 in every sample, those of an image are places', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        for (const { modality, sequenceIndices: slots, positions, tokenIndices: places } of selectInputs(batch, infos)
          .gathered) {
          const perSample = new Map<number, number>();
          slots.forEach((_, i) => {
            const length = batch.modalities[modality]!.inputMask.length / batch.size;
            const b = Math.floor(places[i]! / length);
            const next = perSample.get(b) ?? 0;
            perSample.set(b, next + 1);
            expect(positions[i]).toBe(modality === 'caption' ? next : places[i]! % length);
          });
        }
      }),
    );
  });
});

describe('targets', () => {
  it('are the unmasked tokens in the order asked for; a sequence enters one token before what it predicts', () => {
    fc.assert(
      fc.property(batches, fc.shuffledSubarray(names, { minLength: 1 }), (batch, order) => {
        const selection = selectTargets(batch, infos, order, attention);
        for (let b = 0; b < batch.size; b++) {
          const all = unmasked(batch, 'targetMask', b, order);
          const last = all.filter((token) => token.startsWith('caption')).at(-1);
          const expected = all.filter((token) => token !== last);
          expect(tokensOf(selection, batch, b)).toEqual(expected);
          expected.forEach((token, m) => {
            const [name, place] = token.split(':') as [string, string];
            const { ids } = batch.modalities[name]!;
            const said = b * (ids!.length / batch.size) + Number(place) + (name === 'caption' ? 1 : 0);
            expect(selection.targetIds[b * selection.length + m]).toBe(ids![said]);
          });
        }
      }),
    );
  });

  it('see no target of another modality, and each sees itself', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const {
          attentionMask: blocked,
          length: count,
          modalityIds,
          padding,
        } = selectTargets(batch, infos, ['caption'], attention);
        for (let row = 0; row < batch.size * count; row++) {
          if (padding[row]) continue;
          expect(modalityIds[row]).toBe(infos.caption!.id);
          expect(blocked[row * count + (row % count)]).toBe(0);
        }
      }),
    );
  });
});

it('refuses values that do not fit their masks', () => {
  const masks = {
    inputMask: new Uint8Array(4),
    targetMask: new Uint8Array(4).fill(1),
    decoderAttentionMask: new Int32Array(4),
  };
  const select = (modality: ModalityBatch) => selectInputs({ size: 1, modalities: { 'tok_rgb@224': modality } }, infos);
  expect(() => select(masks)).toThrow("needs 4 token ids of 'tok_rgb@224', but there are none");
  expect(() => select({ ...masks, ids: new Int32Array(4), targetMask: new Uint8Array(3) })).toThrow(InvalidInputError);
  const short = {
    inputMask: new Uint8Array(3),
    targetMask: new Uint8Array(3),
    decoderAttentionMask: new Int32Array(3),
  };
  expect(() => select({ ...short, ids: new Int32Array(3) })).toThrow(/needs 4 mask entries/);
});
