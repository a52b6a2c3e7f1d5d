/**
 * A small assembler for WebAssembly with SIMD: expressions in TypeScript become the bytes of a module. It has only the
 * instructions that our kernels use. (WebAssembly core specification 2.0, chapter 5, and the relaxed SIMD proposal.)
 */

import { float, leb, signedLeb } from './encoding.js';

/** Instructions; those of a value leave it on the stack. */
export type Code = readonly number[];

/** Their codes. */
export const TYPES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

/** Type of a local or a parameter. */
export type ValueType = keyof typeof TYPES;

/** A variable of a function. */
export class Local {
  readonly #index: Code;

  constructor(
    index: number,
    readonly type: ValueType,
  ) {
    this.#index = leb(index);
  }

  get get(): Code {
    return [0x20, ...this.#index];
  }

  set(value: Code): Code {
    return [...value, 0x21, ...this.#index];
  }

  /** `this = this + amount`, of an i32. */
  advance(amount: Code | number): Code {
    return this.set(i32.add(this.get, typeof amount === 'number' ? i32.const(amount) : amount));
  }
}

/** A function without a result. */
export interface Func {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** Makes variables of a function that is being written: one, or several. */
export interface NewLocal {
  (type: ValueType): Local;
  <const N extends number>(type: ValueType, count: N): Tuple<Local, N>;
}

/** N items; an array if N is not a literal. */
type Tuple<T, N extends number> = number extends N ? readonly T[] : N extends unknown ? ItemsUpTo<T, N> : never;
type ItemsUpTo<T, N extends number, Items extends readonly T[] = []> = Items['length'] extends N
  ? Items
  : ItemsUpTo<T, N, readonly [...Items, T]>;

/** The types of parameters that are all whole numbers or addresses. */
export function i32s<const N extends number>(count: N): Tuple<'i32', N> {
  return Array.from({ length: count }, () => 'i32') as readonly 'i32'[] as Tuple<'i32', N>;
}

/**
 * Writes a function.
 *
 * @param build gets the parameters in order, and what makes further variables
 */
export function func<const P extends readonly ValueType[]>(
  name: string,
  parameters: P,
  build: (parameters: { [K in keyof P]: Local }, local: NewLocal) => readonly Code[],
): Func {
  const locals: ValueType[] = [];
  const own = parameters.map((type, i) => new Local(i, type)) as { [K in keyof P]: Local };
  const one = (type: ValueType) => new Local(parameters.length + locals.push(type) - 1, type);
  const local = (type: ValueType, count?: number) =>
    count === undefined ? one(type) : Array.from({ length: count }, () => one(type));
  const body = build(own, local as NewLocal);
  return { name, parameters, locals, body: body.flat() };
}

/** Sets variables to `start`, `start + step`, `start + 2 · step` and so on. */
export function setMultiples(variables: readonly Local[], start: Code, step: Code): Code[] {
  return variables.map((each, i) => each.set(i === 0 ? start : i32.add(variables[i - 1]!.get, step)));
}

/** Calls another function of the module. */
export function call(functions: readonly Func[], target: Func, ...values: readonly Code[]): Code {
  return [...values.flat(), 0x10, ...leb(functions.indexOf(target))];
}

/** `for (counter = from; counter < to; counter += step) body`, on unsigned numbers. */
export function loop(counter: Local, from: Code, to: Code, step: number, ...body: readonly Code[]): Code {
  return [...counter.set(from), ...repeatWhile(i32.lt(counter.get, to), ...body, counter.advance(step))];
}

/** `while (condition) body` */
export function repeatWhile(condition: Code, ...body: readonly Code[]): Code {
  // if (condition) loop { body; continue if (condition) }
  return [...condition, 0x04, 0x40, 0x03, 0x40, ...body.flat(), ...condition, 0x0d, 0x00, 0x0b, 0x0b];
}

/** `if (condition) body` */
export function when(condition: Code, ...body: readonly Code[]): Code {
  return [...condition, 0x04, 0x40, ...body.flat(), 0x0b];
}

/** `if (condition) yes else no` */
export function choose(condition: Code, yes: readonly Code[], no: readonly Code[]): Code {
  return [...condition, 0x04, 0x40, ...yes.flat(), 0x05, ...no.flat(), 0x0b];
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

/** Whole numbers, and addresses in bytes. */
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

/** Single numbers. `offset` is added to the address, in bytes. */
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

/** Four numbers side by side. */
export const f32x4 = {
  const: (value: number): Code => [...simd(12), ...[0, 1, 2, 3].flatMap(() => float(value))],
  load: (address: Code, offset = 0): Code => [...address, ...simd(0), 2, ...leb(offset)],
  /** One number, four times. */
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
  /** To whole numbers, halves to the even one. */
  nearest: unary(...simd(0x6a)),
  fromI32: unary(...simd(0xfa)),
  /** Four of the eight numbers of a and b, which are counted from 0 to 7. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [
    ...a,
    ...b,
    ...simd(13),
    ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
  ],
  /** The sum of the four. */
  sum: (a: Local): Code =>
    [1, 2, 3].reduce<Code>((sum, lane) => f32.add(sum, f32x4.lane(a.get, lane)), f32x4.lane(a.get, 0)),
  /** The sums of each of four vectors. */
  sums: ([a, b, c, d]: readonly Local[]): Code => {
    const halves = (x: Local, y: Local): Code =>
      f32x4.add(f32x4.shuffle(x.get, y.get, [0, 1, 4, 5]), f32x4.shuffle(x.get, y.get, [2, 3, 6, 7]));
    const [first, second] = [halves(a!, b!), halves(c!, d!)];
    return f32x4.add(f32x4.shuffle(first, second, [0, 2, 4, 6]), f32x4.shuffle(first, second, [1, 3, 5, 7]));
  },
  /** The largest of the four. */
  largest: (a: Local): Code =>
    [1, 2, 3].reduce<Code>((largest, lane) => f32.max(largest, f32x4.lane(a.get, lane)), f32x4.lane(a.get, 0)),
  /** `2^n`, for a number whose lowest bits are the whole number n, from -126 to 127. */
  powerOfTwo: (bits: Code): Code => [
    ...bits,
    ...i32x4.const(127),
    ...simd(0xae), // plus the exponent's bias
    ...i32.const(23),
    ...simd(0xab), // to where the exponent is
  ],
  /** {@link MultiplyAdd} rounded once where the processor can; only with relaxed SIMD. */
  relaxedMultiplyAdd: (a: Code, b: Code, c: Code): Code => [...a, ...b, ...c, ...simd(0x105)],
};

/**
 * `a · b + c` of four numbers: fused, rounded once, or in two instructions. Where one or two sums wait for every product
 * (norms, attention of one query), fused is slower: its result takes as long as both instructions, and only the addition is
 * waited for. Measured on a Zen 5: up to 1.3 times.
 */
export type MultiplyAdd = (a: Code, b: Code, c: Code) => Code;

/** Four whole numbers side by side. */
export const i32x4 = {
  const: (value: number): Code => [
    ...simd(12),
    ...[0, 1, 2, 3].flatMap(() => [0, 8, 16, 24].map((bit) => (value >> bit) & 255)),
  ],
  /** Four of 16 bits. */
  load16: (address: Code, offset = 0): Code => [...address, ...simd(3), 0, ...leb(offset)],
  add: binary(...simd(0xae)),
  sub: binary(...simd(0xb1)),
  and: binary(...simd(0x4e)),
  shl: (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(0xab)],
  splat: unary(...simd(0x11)),
  /** As numbers without a sign. */
  minUnsigned: binary(...simd(0xb7)),
  /** Keeps the sign. */
  shr: (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(0xac)],
  /** As numbers without a sign. */
  shrUnsigned: (a: Code, bits: number): Code => [...a, ...i32.const(bits), ...simd(0xad)],
  /** Beyond 32 bits the largest or smallest, for NaN 0. */
  fromF32: unary(...simd(0xf8)),
  /** To numbers without a sign. */
  unsignedFromF32: unary(...simd(0xf9)),
  /** `⌊a b / 2^32⌋`, of numbers without a sign. */
  upperHalf: ({ get: a }: Local, { get: b }: Local): Code =>
    f32x4.shuffle([...a, ...b, ...simd(0xde)], [...a, ...b, ...simd(0xdf)], [1, 3, 5, 7]),
  /** The lower or upper four of eight. */
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

/** Eight whole numbers of 16 bits side by side. */
export const i16x8 = {
  /** Eight of 8 bits. */
  load8: (address: Code, offset = 0): Code => [...address, ...simd(1), 0, ...leb(offset)],
  /** From four and four; beyond 16 bits the largest or smallest. */
  fromI32: binary(...simd(0x85)),
  /** Products of pairs, the two neighbours added: four numbers of 32 bits. */
  dot: binary(...simd(0xba)),
};

/** Bytes side by side. */
export const i8x16 = {
  /** Sixteen times the same. */
  const: (value: number): Code => [...simd(12), ...Array.from({ length: 16 }, () => value & 255)],
  /** Eight, twice. */
  load8Splat: (address: Code, offset = 0): Code => [...address, ...simd(10), 0, ...leb(offset)],
  /** Eight, and eight zeros. */
  load8Zero: (address: Code, offset = 0): Code => [...address, ...simd(0x5d), 0, ...leb(offset)],
  /** The lower eight. */
  store8: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(0x5b), 0, ...leb(offset), 0],
  /** From eight and eight; below 0 or beyond 255 the nearest. */
  fromI16: binary(...simd(0x66)),
};
