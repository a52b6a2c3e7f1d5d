import type * as tf from '@tensorflow/tfjs-core';
import type { SampleAttributes, SampleInputs } from '../../src/nn/kernels/declarations.js';
import { type FixedPointScale, fixedPointProduct } from '../../src/nn/kernels/fixed-point-softmax.js';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import { highestThreshold } from '../../src/nn/kernels/threshold.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { type SimdModule, simdModule } from './simd/module.js';

/** Bytes of the sums of a pass. */
const SUM_BYTES = 32;
/** Number of tokens that are searched at a time, by their sum. */
const BLOCK = 512;

/** logits: [R, V], uniforms: [R] → [R, 4] */
export function sample(
  backend: WasmBackend,
  { logits, uniforms }: SampleInputs,
  attributes: SampleAttributes,
): tf.TensorInfo {
  const [rows, vocabulary] = logits.shape as [number, number];
  return withScratch(backend, Row.bytes(vocabulary), (scratch) => {
    const out = backend.makeOutput([rows, 4], 'int32');
    const [results, numbers] = [out, uniforms].map((t) => t && (backend.typedArrayFromHeap(t) as Int32Array));
    const row = new Row(simdModule(backend).functions, backend.wasm.asm.memory.buffer, scratch, vocabulary);
    for (let r = 0; r < rows; r++) {
      row.load(addressOf(backend, logits) + 4 * r * vocabulary);
      results!.set(row.draw(attributes, numbers && numbers[r]! >>> 0), 4 * r);
    }
    return out;
  });
}

export function sampleMemory(_: WasmBackend, { logits }: SampleInputs): KernelMemory {
  return { scratch: Row.bytes(logits.shape[1]!) };
}

function wholeVectors(count: number): number {
  return count + 3 - ((count + 3) % 4);
}

/** A row of logits and the masses of its tokens, padded to a multiple of 4. */
class Row {
  readonly #functions: SimdModule['functions'];
  readonly #vocabulary: number;
  readonly #bytes: Uint8Array;
  readonly #scratch: number;
  readonly #sums: Uint32Array;
  readonly #maxima: Float32Array;
  readonly #logits: Float32Array;
  readonly #amounts: Uint32Array;

  /** Scratch memory in bytes. */
  static bytes(vocabulary: number): number {
    return SUM_BYTES + 8 * wholeVectors(vocabulary);
  }

  constructor(functions: SimdModule['functions'], memory: ArrayBuffer, scratch: number, vocabulary: number) {
    const padded = wholeVectors(vocabulary);
    this.#functions = functions;
    this.#vocabulary = vocabulary;
    this.#bytes = new Uint8Array(memory);
    this.#scratch = scratch;
    this.#sums = new Uint32Array(memory, scratch, SUM_BYTES / 4);
    this.#maxima = new Float32Array(memory, scratch, 4);
    this.#logits = new Float32Array(memory, scratch + SUM_BYTES, padded);
    this.#amounts = new Uint32Array(memory, scratch + SUM_BYTES + 4 * padded, padded);
  }

  load(address: number): void {
    this.#bytes.copyWithin(this.#logits.byteOffset, address, address + 4 * this.#vocabulary);
    this.#logits.fill(-Infinity, this.#vocabulary);
  }

  /** A row of the result. */
  draw({ topK: count, topP: share, scale, unitScale }: SampleAttributes, uniform: number | undefined): number[] {
    this.#functions.highest!(this.#logits.byteOffset, this.#logits.byteLength, this.#scratch);
    const highest = Math.max(...this.#maxima);
    if (!Number.isFinite(highest)) return [-1, 0, 0, 0];
    let lowest = -Infinity;
    if (count < this.#vocabulary) {
      this.#amounts.fill(1);
      lowest = highestThreshold(highest, (threshold) => this.#amountFrom(threshold), count - 1);
    }
    if (share < 2 ** 32) {
      this.#weigh(highest, unitScale);
      const enough = fixedPointProduct(this.#amountFrom(lowest), share);
      lowest = highestThreshold(highest, (threshold) => this.#amountFrom(Math.max(threshold, lowest)), enough);
    }
    this.#weigh(highest, scale);
    const total = this.#amountFrom(lowest);
    const id =
      uniform === undefined ? this.#logits.indexOf(highest) : this.#find(fixedPointProduct(total, uniform), lowest);
    return [id, this.#amounts[id]!, Math.floor(total / 2 ** 16), total % 2 ** 16];
  }

  #weigh(highest: number, { power, factor }: FixedPointScale): void {
    const { byteOffset, byteLength } = this.#logits;
    this.#functions.fixedPointWeights!(byteOffset, byteLength, this.#amounts.byteOffset, highest, power, factor);
  }

  /** The sum of the amounts of the logits at or above a threshold, of all tokens or some. */
  #amountFrom(threshold: number, start = 0, count = this.#logits.length): number {
    const [logits, amounts] = [this.#logits.byteOffset + 4 * start, this.#amounts.byteOffset + 4 * start];
    this.#functions.amountFrom!(logits, amounts, 4 * count, threshold, this.#scratch);
    const [a, b, c, d, e, f, g, h] = this.#sums as unknown as number[];
    return (a! + b! + c! + d!) * 2 ** 16 + e! + f! + g! + h!;
  }

  /** The first token with which the running sum of amounts passes one. */
  #find(amount: number, lowest: number): number {
    let [id, passed] = [0, 0];
    for (;;) {
      const next = passed + this.#amountFrom(lowest, id, Math.min(BLOCK, this.#logits.length - id));
      if (next > amount) break;
      [id, passed] = [id + BLOCK, next];
    }
    for (; ; id++) {
      if (this.#logits[id]! >= lowest) passed += this.#amounts[id]!;
      if (passed > amount) return id;
    }
  }
}
