import type * as tf from '@tensorflow/tfjs-core';
import type { DecoderTokenAttributes, DecoderTokenInputs, DecoderTokenMap } from '../../src/nn/kernels/kernel.js';
import { grow } from './append.js';
import { planAttention, type Rows } from './attention.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { fewRowsParts, preparedBytes, weightOf } from './packed.js';
import { type Call, inRanges, type Part, runParts, threadsOf } from './parallel.js';
import { dense, multiplyParts } from './simd/multiply.js';

/**
 * One token's way through a decoder block: what the kernels of its parts do, one after the other, with what is between them in one piece
 * of scratch memory. (`src/transformer/decoder-block.ts` says it in operations.)
 */
export function decoderToken(
  backend: WasmBackend,
  inputs: DecoderTokenInputs,
  { heads, epsilon }: DecoderTokenAttributes,
): tf.TensorInfo[] {
  const { y, contextKeys, contextValues, pastKeys, pastValues, mask } = inputs;
  const width = y.shape[2]!;
  const hidden = rowsOf(inputs, 'gate');
  const at = (tensor: tf.TensorInfo | undefined) => (tensor ? addressOf(backend, tensor) : 0);
  const [own, others] = [pastKeys.shape[1]! + 1, contextKeys.shape[1]!];
  const plans = { own: planOf(heads, width, own), others: planOf(heads, width, others) };
  const threadBytes = Math.max(plans.own.scratch, plans.others.scratch);
  const prepared = preparedBytes({ scales: at(inputs['qkv.scales']), padded: Math.max(width, hidden) });
  // Normalised or looked up, projected, and what is added to y; then room to prepare rows, and for the threads.
  const sizes = [4 * width, 4 * Math.max(3 * width, 2 * hidden), 4 * width, prepared];
  const before = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const whole = sizes.reduce((sum, size) => sum + size, 0);

  return withScratch(backend, whole + threadsOf(backend) * threadBytes, (scratch) => {
    const [row, wide, sum, forRow] = before.map((offset) => scratch + offset) as [number, number, number, number];
    const run = (parts: readonly Part[]) => runParts(backend, parts, scratch + whole, threadBytes);
    const call = (...calls: Call[]) => run([calls]);
    const map = (name: DecoderTokenMap, from: number, to: number) =>
      run(mapParts(backend, inputs, name, from, to, forRow));
    const norm = (name: 'norm1' | 'queryNorm' | 'norm2', from: number) =>
      call(['layerNorm', from, at(inputs[`${name}.weight`]), at(inputs[`${name}.bias`]), row, 1, width, epsilon]);
    const attend = (plan: typeof plans.own, keys: tf.TensorInfo, values: tf.TensorInfo, masked: number) => {
      const rows = (address: number): Rows => ({ address, sample: 0 });
      const operands = { q: rows(wide), keys: rows(at(keys)), values: rows(at(values)), out: rows(row) };
      const given = { ...operands, mask: rows(masked), maskStride: 0 };
      const work = 2 * keys.shape[1]! * width;
      run(inRanges(backend, plan.parts, 1, work, (from, to) => plan.part(given, from, to)));
    };

    const out = backend.makeOutput([...y.shape], 'float32');
    const made = [out];
    try {
      norm('norm1', at(y));
      map('qkv', row, wide);
      const keys = grow(backend, pastKeys, wide + 4 * width, 1);
      made.push(keys);
      const values = grow(backend, pastValues, wide + 8 * width, 1);
      made.push(values);
      attend(plans.own, keys, values, 0);
      map('selfProj', row, wide);
      call(['add', at(y), wide, sum, width]);
      norm('queryNorm', sum);
      map('q', row, wide);
      attend(plans.others, contextKeys, contextValues, at(mask));
      map('crossProj', row, wide);
      call(['add', sum, wide, sum, width]);
      norm('norm2', sum);
      map('gate', row, wide);
      map('up', row, wide + 4 * hidden);
      call(['swiGlu', wide, wide + 4 * hidden, wide, hidden]);
      map('down', wide, row);
      call(['add', sum, row, at(out), width]);
      return made;
    } catch (cause) {
      for (const { dataId } of made) backend.disposeData(dataId);
      throw cause;
    }
  });
}

function planOf(heads: number, width: number, n: number) {
  return planAttention({ b: 1, heads, m: 1, n, d: width / heads });
}

/** Whether weights are packed: rows of outputs then, and else of inputs. */
function isPacked(inputs: DecoderTokenInputs): boolean {
  return inputs['qkv.weight'].dtype === 'int32';
}

/** How many numbers a map makes. */
function rowsOf(inputs: DecoderTokenInputs, name: DecoderTokenMap): number {
  return inputs[`${name}.weight`].shape[isPacked(inputs) ? 0 : 1]!;
}

/** A linear map of one row. @param prepared room for the row as products with packed weights take it */
function mapParts(
  backend: WasmBackend,
  inputs: DecoderTokenInputs,
  name: DecoderTokenMap,
  from: number,
  to: number,
  prepared: number,
): Part[] {
  const [weight, scales, bias] = [inputs[`${name}.weight`], inputs[`${name}.scales`], inputs[`${name}.bias`]];
  const shift = bias ? addressOf(backend, bias) : 0;
  const n = rowsOf(inputs, name);
  if (isPacked(inputs)) {
    const k = name === 'down' ? rowsOf(inputs, 'gate') : inputs.y.shape[2]!;
    const packed = weightOf(backend, weight, scales, k);
    return fewRowsParts(backend, { r: 1, n, weight: packed, bias: shift, x: from, prepared, out: to });
  }
  const k = weight.shape[0]!;
  return multiplyParts(backend, dense(from, k), dense(addressOf(backend, weight), n), dense(to, n), [1, n, k], shift);
}
