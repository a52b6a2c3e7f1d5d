import { describe, expect, test } from 'vitest';
import { type Dtype, decodeValues, encodeValues } from '../../src/checkpoints/dtypes.js';

describe('half types', () => {
  const encode = (x: number, dtype: Dtype) =>
    decodeValues(encodeValues(new Float32Array([x]), dtype), 'U16' as Dtype)[0];

  test.each([
    [1, 0x3c00],
    [65504, 0x7bff],
    [65519.996, 0x7bff],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [2 ** -25 * 1.0001, 1],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [-0, 0x8000],
    [Number.NEGATIVE_INFINITY, 0xfc00],
  ])('float16 of %f is nearest, ties to even', (x, bits) => expect(encode(x, 'F16')).toBe(bits));

  test.each([
    [1, 0x3f80],
    [1 + 2 ** -8, 0x3f80],
    [1 + 3 * 2 ** -8, 0x3f82],
    [1 + 2 ** -8 + 2 ** -20, 0x3f81],
    [-0, 0x8000],
    [Number.POSITIVE_INFINITY, 0x7f80],
  ])('bfloat16 of %f is nearest, ties to even', (x, bits) => expect(encode(x, 'BF16')).toBe(bits));

  test.each(['F16', 'BF16'] as const)('every %s value survives reading and writing', (dtype) => {
    const bits = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
    const values = decodeValues(new Uint8Array(bits.buffer), dtype) as Float32Array;
    const again = new Uint16Array(encodeValues(values, dtype).buffer);
    const changed = bits.filter((b, i) => b !== again[i] && !Number.isNaN(values[i]));
    expect(changed).toHaveLength(0);
  });
});
