import type * as tf from '@tensorflow/tfjs-core';
import {
  DECODER_TOKEN_MAPS,
  DECODER_TOKEN_NORMS,
  type DecoderTokenAttributes,
  type DecoderTokenInputs,
  type DecoderTokenMap,
  type DecoderTokenNorm,
} from '../../src/nn/kernels/declarations.js';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import { grow, spareBytes } from './append.js';
import { type Plan, planAttention, type Rows } from './attention.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { fewRowsParts, preparedBytes, weightOf } from './packed.js';
import { type Call, inRanges, type Part, runParts, threadsOf } from './parallel.js';
import { dense, multiplyParts } from './simd/multiply.js';

/**
 * A decoder block for one token: calls the kernels of its parts in succession, with all intermediate results in one scratch
 * allocation. (`src/transformer/decoder-block.ts` has the same in tfjs operations.)
 */
export function decoderToken(
  backend: WasmBackend,
  inputs: DecoderTokenInputs,
  { heads, epsilon }: DecoderTokenAttributes,
): tf.TensorInfo[] {
  const { y, contextKeys, contextValues, pastKeys, pastValues, mask } = inputs;
  const { width, hidden, own, others, threadBytes, row, wide, sum, forRow, forThreads } = layOut(inputs, heads);

  return withScratch(backend, forThreads + threadsOf(backend) * threadBytes, (scratch) => {
    const at = (offset: number) => scratch + offset;
    const block = new Block(backend, inputs, width, epsilon, at(forRow), at(forThreads), threadBytes);
    const input = addressOf(backend, y);
    const out = backend.makeOutput([...y.shape], 'float32');
    const made = [out];
    try {
      block.norm('norm1', input, at(row));
      block.map('qkv', at(row), at(wide));
      const keys = grow(backend, pastKeys, at(wide) + 4 * width, 1);
      made.push(keys);
      const values = grow(backend, pastValues, at(wide) + 8 * width, 1);
      made.push(values);
      block.attend(own, at(wide), keys, values, undefined, at(row));
      block.map('selfProj', at(row), at(wide));
      block.call(['add', input, at(wide), at(sum), width]);
      block.norm('queryNorm', at(sum), at(row));
      block.map('q', at(row), at(wide));
      block.attend(others, at(wide), contextKeys, contextValues, mask, at(row));
      block.map('crossProj', at(row), at(wide));
      block.call(['add', at(sum), at(wide), at(sum), width]);
      block.norm('norm2', at(sum), at(row));
      block.map('gate', at(row), at(wide));
      block.map('up', at(row), at(wide) + 4 * hidden);
      block.call(['swiGlu', at(wide), at(wide) + 4 * hidden, at(wide), hidden]);
      block.map('down', at(wide), at(row));
      block.call(['add', at(sum), at(row), addressOf(backend, out), width]);
      return made;
    } catch (cause) {
      for (const { dataId } of made) backend.disposeData(dataId);
      throw cause;
    }
  });
}

export function decoderTokenMemory(
  backend: WasmBackend,
  inputs: DecoderTokenInputs,
  { heads }: DecoderTokenAttributes,
): KernelMemory {
  const { width, threadBytes, forThreads } = layOut(inputs, heads);
  return {
    scratch: forThreads + threadsOf(backend) * threadBytes,
    spare: 2 * spareBytes(inputs.pastKeys.shape[1]! + 1, width),
  };
}

/** Layout of the scratch memory: offsets of its parts, and the sizes they depend on. */
function layOut(inputs: DecoderTokenInputs, heads: number) {
  const width = inputs.y.shape[2]!;
  const hidden = rowsOf(inputs, 'gate');
  const attend = (n: number) => planAttention({ b: 1, heads, m: 1, n, d: width / heads });
  const own = attend(inputs.pastKeys.shape[1]! + 1);
  const others = attend(inputs.contextKeys.shape[1]!);
  const prepared = preparedBytes({ scales: inputs['qkv.scales'] ? 1 : 0, padded: Math.max(width, hidden) });
  // Normalised input, projections, and the update of y; then scratch for prepared rows and for the threads.
  const [row, wide, sum] = [0, 4 * width, 4 * width + 4 * Math.max(3 * width, 2 * hidden)];
  const forRow = sum + 4 * width;
  return {
    ...{ width, hidden, own, others, row, wide, sum, forRow },
    forThreads: forRow + prepared,
    threadBytes: Math.max(own.scratch, others.scratch),
  };
}

/** The steps of {@link decoderToken}; all are addresses but the names. */
class Block {
  constructor(
    private readonly backend: WasmBackend,
    private readonly inputs: DecoderTokenInputs,
    private readonly width: number,
    private readonly epsilon: number,
    /** Memory for a row prepared for products with packed weights. */
    private readonly prepared: number,
    /** Scratch memory of all threads, and the bytes of each. */
    private readonly scratch: number,
    private readonly threadBytes: number,
  ) {}

  call(...calls: Call[]): void {
    this.#run([calls]);
  }

  norm(name: DecoderTokenNorm, from: number, to: number): void {
    const { weight, bias } = DECODER_TOKEN_NORMS[name];
    const by = [addressOf(this.backend, this.inputs[weight]), addressOf(this.backend, this.inputs[bias])];
    this.call(['layerNorm', from, ...by, to, 1, this.width, this.epsilon]);
  }

  /** A linear map of one row. */
  map(name: DecoderTokenMap, from: number, to: number): void {
    const { backend, inputs } = this;
    const names = DECODER_TOKEN_MAPS[name];
    const [weight, bias] = [inputs[names.weight], inputs[names.bias]];
    const shift = bias ? addressOf(backend, bias) : 0;
    const n = rowsOf(inputs, name);
    if (!isPacked(inputs)) {
      const k = weight.shape[0]!;
      const by = dense(addressOf(backend, weight), n);
      this.#run(multiplyParts(backend, dense(from, k), by, dense(to, n), [1, n, k], shift));
      return;
    }
    const k = name === 'down' ? rowsOf(inputs, 'gate') : this.width;
    const packed = weightOf(backend, weight, inputs[names.scales], k);
    const { prepared } = this;
    this.#run(fewRowsParts(backend, { r: 1, n, weight: packed, bias: shift, x: from, prepared, out: to }));
  }

  attend(
    plan: Plan,
    q: number,
    keys: tf.TensorInfo,
    values: tf.TensorInfo,
    mask: tf.TensorInfo | undefined,
    out: number,
  ): void {
    const { backend } = this;
    const rows = (address: number): Rows => ({ address, sample: 0 });
    const cache = { keys: rows(addressOf(backend, keys)), values: rows(addressOf(backend, values)) };
    const masked = rows(mask ? addressOf(backend, mask) : 0);
    const operands = { q: rows(q), ...cache, out: rows(out), mask: masked, maskStride: 0 };
    const work = 2 * keys.shape[1]! * this.width;
    this.#run(inRanges(backend, plan.parts, 1, work, (from, to) => plan.part(operands, from, to)));
  }

  #run(parts: readonly Part[]): void {
    runParts(this.backend, parts, this.scratch, this.threadBytes);
  }
}

/** Whether weights are packed: rows of outputs then, and else of inputs. */
function isPacked(inputs: DecoderTokenInputs): boolean {
  return inputs['qkv.weight'].dtype === 'int32';
}

/** Number of outputs of a linear map. */
function rowsOf(inputs: DecoderTokenInputs, name: DecoderTokenMap): number {
  return inputs[DECODER_TOKEN_MAPS[name].weight].shape[isPacked(inputs) ? 0 : 1]!;
}
