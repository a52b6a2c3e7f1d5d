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
      const role = (index: number) => {
        const l = index % length;
        return sequence ? (l < 3 ? 0 : l < 3 + roles[index - l]! * 2 ? 1 : 2) : roles[index]!;
      };
      return {
        ids: Int32Array.from(roles, (_, index) => index % 9),
        inputMask: Uint8Array.from(roles, (_, index) => (role(index) === 0 ? 0 : 1)),
        targetMask: Uint8Array.from(roles, (_, index) => (role(index) === 1 ? 0 : 1)),
        decoderAttentionMask: Int32Array.from(roles, (_, index) => (role(index) === 1 ? 1 : 0)),
      };
    });
  return fc
    .tuple(modality(4, false), modality(9, false), modality(10, true))
    .map((parts): Batch => ({ size, modalities: Object.fromEntries(parts.map((part, i) => [names[i]!, part])) }));
});

/** The gathered tokens of a sample in sequence order, as `modality:index`. */
function tokensOf({ gathered, length: sequenceLength }: Selection, batch: Batch, b: number): string[] {
  const tokens: string[] = [];
  for (const { modality, sequenceIndices, tokenIndices } of gathered) {
    const length = batch.modalities[modality]!.inputMask.length / batch.size;
    sequenceIndices.forEach((target, i) => {
      if (Math.floor(target / sequenceLength) !== b) return;
      expect(Math.floor(tokenIndices[i]! / length)).toBe(b);
      tokens[target % sequenceLength] = `${modality}:${tokenIndices[i]! % length}`;
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
  it('are the unmasked tokens of every sample in order, then padding', () => {
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

  it('have positions counted from 0 in a sequence, and grid positions in an image', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        for (const { modality, sequenceIndices, positions, tokenIndices } of selectInputs(batch, infos).gathered) {
          const perSample = new Map<number, number>();
          sequenceIndices.forEach((_, i) => {
            const length = batch.modalities[modality]!.inputMask.length / batch.size;
            const b = Math.floor(tokenIndices[i]! / length);
            const next = perSample.get(b) ?? 0;
            perSample.set(b, next + 1);
            expect(positions[i]).toBe(modality === 'caption' ? next : tokenIndices[i]! % length);
          });
        }
      }),
    );
  });
});

describe('targets', () => {
  it('are the unmasked tokens in the given order; sequences are shifted by one', () => {
    fc.assert(
      fc.property(batches, fc.shuffledSubarray(names, { minLength: 1 }), (batch, order) => {
        const selection = selectTargets(batch, infos, order, attention);
        for (let b = 0; b < batch.size; b++) {
          const all = unmasked(batch, 'targetMask', b, order);
          const last = all.filter((token) => token.startsWith('caption')).at(-1);
          const expected = all.filter((token) => token !== last);
          expect(tokensOf(selection, batch, b)).toEqual(expected);
          expected.forEach((token, m) => {
            const [name, index] = token.split(':') as [string, string];
            const { ids } = batch.modalities[name]!;
            const expected = b * (ids!.length / batch.size) + Number(index) + (name === 'caption' ? 1 : 0);
            expect(selection.targetIds[b * selection.length + m]).toBe(ids![expected]);
          });
        }
      }),
    );
  });

  it('do not attend to other modalities, and each attends to itself', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const {
          attentionMask,
          length: count,
          modalityIds,
          padding,
        } = selectTargets(batch, infos, ['caption'], attention);
        for (let row = 0; row < batch.size * count; row++) {
          if (padding[row]) continue;
          expect(modalityIds[row]).toBe(infos.caption!.id);
          expect(attentionMask[row * count + (row % count)]).toBe(0);
        }
      }),
    );
  });
});

it('rejects values that do not match their masks', () => {
  const masks = {
    inputMask: new Uint8Array(4),
    targetMask: new Uint8Array(4).fill(1),
    decoderAttentionMask: new Int32Array(4),
  };
  const select = (modality: ModalityBatch) => selectInputs({ size: 1, modalities: { 'tok_rgb@224': modality } }, infos);
  expect(() => select(masks)).toThrow("needs 4 token ids of 'tok_rgb@224', but has none");
  expect(() => select({ ...masks, ids: new Int32Array(4), targetMask: new Uint8Array(3) })).toThrow(InvalidInputError);
  const short = {
    inputMask: new Uint8Array(3),
    targetMask: new Uint8Array(3),
    decoderAttentionMask: new Int32Array(3),
  };
  expect(() => select({ ...short, ids: new Int32Array(3) })).toThrow(/needs 4 mask entries/);
});
