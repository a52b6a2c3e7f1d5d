import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeSpans } from '../../src/masking/span-mask.js';
import { type TransferRole, transferImage, transferSequence } from '../../src/masking/transfer-mask.js';

const vocabulary = { padId: 0, eosId: 3, sentinelIds: [4, 5, 6] };
const roles = fc.constantFrom<TransferRole>('input', 'target');

test('an image is all input or all target, and its targets attend to each other', () => {
  fc.assert(
    fc.property(roles, fc.nat(20), (role, patches) => {
      const { inputMask, targetMask, decoderAttentionMask } = transferImage(role, patches);
      const counts = [inputMask, targetMask].map((mask) => mask.filter((masked) => masked === 0).length);
      expect(counts).toEqual(role === 'input' ? [patches, 0] : [0, patches]);
      expect([...decoderAttentionMask]).toEqual(
        Array.from({ length: patches }, (_, i) => (role === 'target' && i === 0 ? patches : 0)),
      );
    }),
  );
});

test('an input sequence keeps every token, and its target is the final sentinel', () => {
  const { ids, inputMask, targetMask, decoderAttentionMask } = transferSequence('input', [[9], [8, 7]], 4, vocabulary);
  expect([...ids]).toEqual([9, 8, 7, 0, 5, 0, 0, 0, 0, 0]);
  expect([...inputMask]).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
  expect([...targetMask]).toEqual([1, 1, 1, 1, 0, 1, 1, 1, 1, 1]);
  expect([...decoderAttentionMask]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
});

test('a target sequence has no input, and its target is the whole sequence', () => {
  const tokens = fc.array(fc.integer({ min: 10, max: 99 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(tokens, (list) => {
      const chunks = list.map((token) => [token]);
      const { ids, inputMask, targetMask } = transferSequence('target', chunks, list.length, vocabulary);
      expect(inputMask.every((masked) => masked === 1)).toBe(true);
      const target = ids.filter((_, i) => targetMask[i] === 0);
      expect(mergeSpans([5], target, vocabulary.sentinelIds)).toEqual(list);
    }),
  );
});
