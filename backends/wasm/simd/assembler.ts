/**
 * A small assembler for WebAssembly with SIMD: expressions in TypeScript become the bytes of a module. It has only the
 * instructions that our kernels use. (WebAssembly core specification 2.0, chapter 5, and the relaxed SIMD proposal.)
 */

import { leb } from './encoding.js';
import { type Code, i32 } from './instructions.js';

/** Codes of the types of values. */
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

/** Creates local variables of a function: one, or several. */
export interface NewLocal {
  (type: ValueType): Local;
  <const N extends number>(type: ValueType, count: N): Tuple<Local, N>;
}

/** N items; an array if N is not a literal. */
type Tuple<T, N extends number> = number extends N ? readonly T[] : N extends unknown ? ItemsUpTo<T, N> : never;
type ItemsUpTo<T, N extends number, Items extends readonly T[] = []> = Items['length'] extends N
  ? Items
  : ItemsUpTo<T, N, readonly [...Items, T]>;

/** The types of parameters that are all integers or addresses. */
export function i32s<const N extends number>(count: N): Tuple<'i32', N> {
  return Array.from({ length: count }, () => 'i32') as readonly 'i32'[] as Tuple<'i32', N>;
}

/**
 * Writes a function.
 *
 * @param build gets the parameters in order, and a function that creates local variables
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

/** `for (counter = from; counter < to; counter += step) body`, with unsigned comparison. */
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
