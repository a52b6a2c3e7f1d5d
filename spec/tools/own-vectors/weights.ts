import type { NamedTensor } from '../../../src/checkpoints/safetensors-writer.js';
import type { Scope } from './maps.js';
import { tensor } from './write.js';

/** Values in −0.5 … 0.5 in single precision that are the same whenever they are made. */
export function number(k: number): number {
  return Math.fround(((k * 37 + ((k * k) % 29)) % 61) / 61 - 0.5);
}

/** Tensors that are not like the others. */
interface Special {
  /** Those that are 0. */
  readonly blank: RegExp;
  /** Those with so many channels twice, whose halves along the input channels are equal. */
  readonly doubled: RegExp | undefined;
  readonly width: number;
}

/** Tensors of a checkpoint by name, made when they are first asked for. */
export class Weights {
  readonly tensors: NamedTensor[] = [];
  readonly #special: Special;

  constructor(special: Special) {
    this.#special = special;
  }

  get(name: string, shape: readonly number[], size = 1, middle = 0): number[] {
    const known = this.tensors.find((tensor) => tensor.name === name);
    if (known) return Array.from(known.data as Float32Array);
    const start = 29 * this.tensors.length;
    const scale = this.#special.blank.test(name) ? 0 : size;
    // Input channels come last in norms, and behind the output channels in maps.
    const channels = shape[1] ?? shape[0]!;
    const inner = shape.slice(2).reduce((a, b) => a * b, 1);
    const { doubled, width } = this.#special;
    const isDoubled = doubled?.test(name) && channels === 2 * width;
    const place = (i: number) => {
      const channel = Math.floor(i / inner) % channels;
      return isDoubled && channel >= width ? i - width * inner : i;
    };
    const values = Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) =>
      Math.fround(middle + scale * number(start + place(i))),
    );
    this.tensors.push(tensor(name, 'F32', shape, values));
    return values;
  }

  at(scope: string): Scope {
    return (name, shape, size, middle) => this.get(scope + name, shape, size, middle);
  }
}

export const below =
  (w: Scope, scope: string): Scope =>
  (name, shape, size, middle) =>
    w(scope + name, shape, size, middle);
