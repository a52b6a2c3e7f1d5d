/**
 * The instructions of WebAssembly with SIMD that our kernels use, by type. (WebAssembly core specification 2.0, chapter 5, and
 * the relaxed SIMD proposal.)
 */

import { float, leb, signedLeb } from './encoding.js';

/** Bytes of instructions; those of a value leave it on the stack. */
export type Code = readonly number[];

/** An operand that is read more than once: a local of a function. */
interface Variable {
  readonly get: Code;
}

type Binary = (a: Code, b: Code) => Code;
type Unary = (a: Code) => Code;

const binary =
  (...opcode: number[]): Binary =>
  (a, b) => [...a, ...b, ...opcode];
const unary =
  (...opcode: number[]): Unary =>
  (a) => [...a, ...opcode];
const simd = (opcode: number) => [0xfd, ...leb(opcode)];

/** 32-bit integers, and addresses in bytes. */
export const i32 = {
  const: (value: number): Code => [0x41, ...signedLeb(value)],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  shl: (a: Code, bits: number): Code => [...a, ...i32.const(bits), 0x74],
  and: binary(0x71),
  lt: binary(0x49),
  ge: binary(0x4f),
  eq: binary(0x46),
  /** `condition ? yes : no`; both are computed. */
  select: (condition: Code, yes: Code, no: Code): Code => [...yes, ...no, ...condition, 0x1b],
  min: (a: Code, b: Code): Code => i32.select(i32.lt(a, b), a, b),
};

/** 32-bit floats. `offset` is added to the address, in bytes. */
export const f32 = {
  const: (value: number): Code => [0x43, ...float(value)],
  load: (address: Code, offset = 0): Code => [...address, 0x2a, 2, ...leb(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x38, 2, ...leb(offset)],
  add: binary(0x92),
  sub: binary(0x93),
  mul: binary(0x94),
  div: binary(0x95),
  max: binary(0x97),
  sqrt: unary(0x91),
  fromI32: unary(0xb3),
};

/** Vectors of four 32-bit floats. */
export const f32x4 = {
  const: (value: number): Code => [...simd(12), ...[0, 1, 2, 3].flatMap(() => float(value))],
  load: (address: Code, offset = 0): Code => [...address, ...simd(0), 2, ...leb(offset)],
  /** One number, repeated four times. */
  loadSplat: (address: Code, offset = 0): Code => [...address, ...simd(9), 2, ...leb(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(11), 2, ...leb(offset)],
  splat: unary(...simd(0x13)),
  lane: (a: Code, lane: number): Code => [...a, ...simd(0x1f), lane],
  add: binary(...simd(0xe4)),
  sub: binary(...simd(0xe5)),
  mul: binary(...simd(0xe6)),
  div: binary(...simd(0xe7)),
  max: binary(...simd(0xe9)),
  /** `limit < a ? limit : a`, and NaN for NaN. One instruction, where `min` takes many. */
  atMost: binary(...simd(0xea)),
  /** `a < limit ? limit : a`, and NaN for NaN. */
  atLeast: binary(...simd(0xeb)),
  /** All bits where `a >= b`, none elsewhere. */
  ge: binary(...simd(0x46)),
  /** `a`, but 0 where `x < y`. */
  zeroWhere: (x: Code, y: Code, a: Code): Code => [...a, ...x, ...y, ...simd(0x43), ...simd(0x4f)],
  abs: unary(...simd(0xe0)),
  sqrt: unary(...simd(0xe3)),
  /** Rounds to integers, halves to even. */
  nearest: unary(...simd(0x6a)),
  fromI32: unary(...simd(0xfa)),
  /** Four of the eight numbers of a and b, by indices from 0 to 7. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [
    ...a,
    ...b,
    ...simd(13),
    ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
  ],
  /** The sum of the four. */
  sum: (a: Variable): Code =>
    [1, 2, 3].reduce<Code>((sum, lane) => f32.add(sum, f32x4.lane(a.get, lane)), f32x4.lane(a.get, 0)),
  /** The sums of each of four vectors. */
  sums: ([a, b, c, d]: readonly Variable[]): Code => {
    const halves = (x: Variable, y: Variable): Code =>
      f32x4.add(f32x4.shuffle(x.get, y.get, [0, 1, 4, 5]), f32x4.shuffle(x.get, y.get, [2, 3, 6, 7]));
    const [first, second] = [halves(a!, b!), halves(c!, d!)];
    return f32x4.add(f32x4.shuffle(first, second, [0, 2, 4, 6]), f32x4.shuffle(first, second, [1, 3, 5, 7]));
  },
  /** The largest of the four. */
  largest: (a: Variable): Code =>
    [1, 2, 3].reduce<Code>((largest, lane) => f32.max(largest, f32x4.lane(a.get, lane)), f32x4.lane(a.get, 0)),
  /** `2^n`, for the integer n of -126 to 127 in the lowest bits of each number. */
  powerOfTwo: (bits: Code): Code => [
    ...bits,
    ...i32x4.const(127),
    ...simd(0xae), // adds the bias of the exponent
    ...i32.const(23),
    ...simd(0xab), // shifts it to the exponent's bits
  ],
  /** {@link MultiplyAdd} rounded once where the processor can; only with relaxed SIMD. */
  relaxedMultiplyAdd: (a: Code, b: Code, c: Code): Code => [...a, ...b, ...c, ...simd(0x105)],
};

/**
 * `a · b + c` of four numbers: fused, rounded once, or in two instructions. If one or two sums depend on every product (norms,
 * attention of one query), fused is slower: its latency is that of both instructions, where only that of the addition matters.
 * Measured on a Zen 5: up to 1.3 times.
 */
export type MultiplyAdd = (a: Code, b: Code, c: Code) => Code;

/** Vectors of four 32-bit integers. */
export const i32x4 = {
  const: (value: number): Code => [
    ...simd(12),
    ...[0, 1, 2, 3].flatMap(() => [0, 8, 16, 24].map((bit) => (value >> bit) & 255)),
  ],
  /** Loads four 16-bit integers. */
  load16: (address: Code, offset = 0): Code => [...address, ...simd(3), 0, ...leb(offset)],
  add: binary(...simd(0xae)),
  sub: binary(...simd(0xb1)),
  and: binary(...simd(0x4e)),
  shl: (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(0xab)],
  splat: unary(...simd(0x11)),
  /** Unsigned. */
  minUnsigned: binary(...simd(0xb7)),
  /** Arithmetic shift. */
  shr: (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(0xac)],
  /** Logical shift. */
  shrUnsigned: (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(0xad)],
  /** Saturates beyond 32 bits; NaN becomes 0. */
  fromF32: unary(...simd(0xf8)),
  /** To unsigned integers. */
  unsignedFromF32: unary(...simd(0xf9)),
  /** `⌊a b / 2^32⌋` of unsigned integers. */
  upperHalf: ({ get: a }: Variable, { get: b }: Variable): Code =>
    f32x4.shuffle([...a, ...b, ...simd(0xde)], [...a, ...b, ...simd(0xdf)], [1, 3, 5, 7]),
  /** The lower or upper four of eight integers. */
  fromLow: unary(...simd(0xa7)),
  fromHigh: unary(...simd(0xa8)),
  /**
   * `sum` plus products of bytes, four neighbours added, with `small` from 0 to 127, for which every engine has the same result. Only with
   * relaxed SIMD.
   */
  relaxedDot: (bytes: Code, small: Code, sum: Code): Code => [...bytes, ...small, ...sum, ...simd(0x113)],
  /** Neighbours added: of eight numbers in two vectors. */
  pairSums: (a: Code, b: Code): Code => i32x4.add(f32x4.shuffle(a, b, [0, 2, 4, 6]), f32x4.shuffle(a, b, [1, 3, 5, 7])),
};

/** Vectors of eight 16-bit integers. */
export const i16x8 = {
  /** Loads eight 8-bit integers. */
  load8: (address: Code, offset = 0): Code => [...address, ...simd(1), 0, ...leb(offset)],
  /** From two vectors of four; saturates beyond 16 bits. */
  fromI32: binary(...simd(0x85)),
  /** Products of pairs, with adjacent products added: four 32-bit integers. */
  dot: binary(...simd(0xba)),
};

/** Sixteen bytes side by side. */
export const i8x16 = {
  /** The same byte sixteen times. */
  const: (value: number): Code => [...simd(12), ...Array.from({ length: 16 }, () => value & 255)],
  /** Eight bytes, twice. */
  load8Splat: (address: Code, offset = 0): Code => [...address, ...simd(10), 0, ...leb(offset)],
  /** Eight bytes, then eight zeros. */
  load8Zero: (address: Code, offset = 0): Code => [...address, ...simd(0x5d), 0, ...leb(offset)],
  /** Stores the lower eight. */
  store8: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(0x5b), 0, ...leb(offset), 0],
  /** From eight numbers of 16 bits and eight more; below 0 or above 255 the nearest. */
  fromI16: binary(...simd(0x66)),
};
