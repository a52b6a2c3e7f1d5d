/** Shader functions that unpack words of two 16-bit floats or four 8-bit integers. (`src/nn/packed/packing.ts`) */
import { INTERLEAVED_ROWS, INTERLEAVED_WORDS, type PackedDtype } from '../../src/nn/packed/packing.js';

/** Words that hold four numbers. */
export const WORDS_OF_FOUR = { f16: 2, int8: 1 } as const;

/**
 * `fn wordOf(row, word, rows, stride) -> i32`: index of a word of a row, among `rows` rows of `stride` words each. 8-bit rows
 * are interleaved by four, except a remainder of fewer.
 */
export const WORD_OF = {
  int8: `
fn wordOf(row : i32, word : i32, rows : i32, stride : i32) -> i32 {
  if (row >= rows - rows % ${INTERLEAVED_ROWS}) { return row * stride + word; }
  let inFour = row % ${INTERLEAVED_ROWS};
  let pair = word / ${INTERLEAVED_WORDS} * ${INTERLEAVED_ROWS} + inFour;
  return (row - inFour) * stride + pair * ${INTERLEAVED_WORDS} + word % ${INTERLEAVED_WORDS};
}
`,
  f16: `
fn wordOf(row : i32, word : i32, rows : i32, stride : i32) -> i32 { return row * stride + word; }
`,
} as const satisfies Record<PackedDtype, string>;

/**
 * `fn fourNumbers(…)`, which takes {@link WORDS_OF_FOUR} words as i32. Exact: `unpack2x16float` and f32 arithmetic may flush
 * subnormal 16-bit floats to zero, so those are built with a leading digit, which is then subtracted.
 */
export const FOUR_NUMBERS = {
  int8: `
fn fourNumbers(word : i32) -> vec4f {
  return vec4f((vec4i(word) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}
`,
  f16: `
fn fourNumbers(first : i32, second : i32) -> vec4f {
  let bits = bitcast<vec4u>(vec4i(first << 16, first, second << 16, second));
  let digits = (bits & vec4u(0x7fff0000)) >> vec4u(3);
  let normal = bitcast<vec4f>(digits + (112 << 23));
  let small = bitcast<vec4f>(digits + (113 << 23)) - ${2 ** -14};
  let size = select(normal, small, digits < vec4u(1 << 23));
  return bitcast<vec4f>(bitcast<vec4u>(size) | (bits & vec4u(0x80000000)));
}
`,
} as const satisfies Record<PackedDtype, string>;
