import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expandAttentionMask } from '../../src/transformer/attention-mask.js';
import { vectorCase } from '../vectors.js';

const { data } = vectorCase('mask_decoder_attention');
const expanded = [...data.tensors.keys()].filter((name) => name.startsWith('out.'));

it.each(expanded)('mask_decoder_attention %s', (name) => {
  const [, index, causal, separate] = /^out\.(\d+)\.causal(\d)_sep(\d)$/.exec(name)!;
  const [size, count] = data.tensors.get(name)!.shape as [number, number];
  const compressed = data.read(`in.${index}.decoder_attention_mask`) as Int32Array;
  const ids = data.read(`in.${index}.mod_mask`) as Int32Array;
  const flags = { causal: causal === '1', separate: separate === '1' };
  expect(Array.from(expandAttentionMask(compressed, ids, [size, count], flags))).toEqual(
    Array.from(data.read(name) as Uint8Array),
  );
});

it('all ones are a causal mask, and a first entry of M is full attention', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), (count) => {
      const expand = (compressed: Int32Array, causal: boolean) =>
        expandAttentionMask(compressed, new Int32Array(count), [1, count], { causal, separate: true });
      const ones = new Int32Array(count).fill(1);
      expect(expand(ones, false)).toEqual(expand(ones, true));
      const block = new Int32Array(count);
      block[0] = count;
      expect(expand(block, false)).not.toContain(1);
    }),
  );
});
