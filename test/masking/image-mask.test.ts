import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskImage } from '../../src/masking/image-mask.js';
import { Random } from '../../src/random.js';

const folder = new URL('../../spec/vectors/mask_image/', import.meta.url);
const { calls } = JSON.parse(readFileSync(new URL('vector.json', folder), 'utf8')).options as {
  calls: { k: number; num_tokens: number; input_budget: number; target_budget: number | null }[];
};
const bytes = readFileSync(new URL('data.safetensors', folder));
const headerLength = Number(bytes.readBigUInt64LE(0));
const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
  string,
  { data_offsets: [number, number] }
>;

function tensor(name: string): ArrayBuffer {
  const [start, end] = header[name]!.data_offsets;
  return Uint8Array.from(bytes.subarray(8 + headerLength + start, 8 + headerLength + end)).buffer;
}

describe('published image masks', () => {
  test.each(calls)('$input_budget in, $target_budget out of $num_tokens', ({ k, input_budget, target_budget }) => {
    const masked = maskImage(new Float32Array(tensor(`in.img${k}.noise`)), input_budget, target_budget);
    expect(masked).toEqual({
      inputMask: new Uint8Array(tensor(`out.img${k}.input_mask`)),
      targetMask: new Uint8Array(tensor(`out.img${k}.target_mask`)),
      decoderAttentionMask: new Int32Array(tensor(`out.img${k}.decoder_attention_mask`)),
    });
  });
});

test('input and target meet their budgets and never overlap', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(64), fc.nat(64), fc.nat(64), (seed, tokens, a, b) => {
      const inputBudget = Math.min(a, tokens);
      const targetBudget = Math.min(b, tokens - inputBudget);
      const masked = maskImage(new Random(seed).uniforms(tokens), inputBudget, targetBudget);
      expect(masked.inputMask.filter((m) => m === 0)).toHaveLength(inputBudget);
      expect(masked.targetMask.filter((m) => m === 0)).toHaveLength(targetBudget);
      expect(masked.inputMask.every((m, i) => m === 1 || masked.targetMask[i] === 1)).toBe(true);
      expect(masked.decoderAttentionMask.reduce((x, y) => x + y, 0)).toBe(targetBudget);
      const opening = masked.decoderAttentionMask.findIndex((count) => count > 0);
      expect(opening).toBe(masked.targetMask.indexOf(0));
    }),
  );
});

test('every patch is as likely as any other to be input', () => {
  const random = new Random(3);
  const counts = new Array<number>(16).fill(0);
  for (let i = 0; i < 4000; i++) {
    maskImage(random.uniforms(16), 4, 4).inputMask.forEach((m, p) => {
      counts[p]! += 1 - m;
    });
  }
  for (const count of counts) expect(count / 4000).toBeCloseTo(0.25, 1);
});
