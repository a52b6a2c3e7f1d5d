import * as tf from '@tensorflow/tfjs-core';
import type { PackedRowsAttributes, PackedRowsInputs } from '../../src/nn/kernels/kernel.js';
import { registerWebGpuKernel, rowProgram, THREADS } from './program.js';

/** Numbers that a thread unpacks. */
const EACH = 16;

/** The most workgroups that one dimension may have. */
const MOST_GROUPS = 65535;

/**
 * A thread for every sixteen numbers. Bits are taken apart by whole numbers: `unpack2x16float` may take the smallest 16-bit floats for
 * zero.
 */
function shader(perWord: 2 | 4): string {
  const halves = `
        let bits = extractBits(word, u32(16 * (i % 2)), 16u);
        let exponent = (bits >> 10) & 31;
        let digits = f32((bits & 1023) + select(0, 1024, exponent > 0));
        let size = digits * bitcast<f32>((max(exponent, 1) + 102) << 23);
        let number = select(size, -size, bits < 0);`;
  const bytes = `
        let number = f32(extractBits(word, u32(8 * (i % 4)), 8u)) * scales[row];`;
  return `
fn main(index : i32) {
  let chunks = (uniforms.width + ${EACH - 1}) / ${EACH};
  if (index < uniforms.count * chunks) {
    let row = rows[index / chunks];
    let start = index % chunks * ${EACH};
    for (var i = 0; i < ${EACH}; i++) {
      if (start + i < uniforms.width) {
        let word = words[row * uniforms.stride + (start + i) / ${perWord}];${perWord === 4 ? bytes : halves}
        setOutputAtIndex(index / chunks * uniforms.width + start + i, number);
      }
    }
  }
}`;
}

/** words: [N, …], rows: [R] → [R, K]. tfjs's own gather would take the words for floats, and lose bits of them. */
export function registerPackedRows(name: string): void {
  registerWebGpuKernel<PackedRowsInputs, PackedRowsAttributes>(name, ({ run }, { words, scales, rows }, { width }) => {
    const count = tf.util.sizeFromShape(rows.shape);
    const groups = Math.ceil((count * Math.ceil(width / EACH)) / THREADS);
    const variables = ['words', 'rows', ...(scales ? ['scales'] : [])];
    const key = `${name}_${scales ? 'int8' : 'f16'}`;
    const uniforms = 'count : i32, width : i32, stride : i32,';
    const program = rowProgram(key, variables, [count, width], groups, uniforms, shader(scales ? 4 : 2));
    program.dispatch = [Math.min(groups, MOST_GROUPS), Math.ceil(groups / MOST_GROUPS), 1];
    const data = [count, width, words.shape[1]!];
    return run(
      program,
      [words, rows, ...(scales ? [scales] : [])],
      data.map((value) => ({ type: 'int32', data: [value] })),
    );
  });
}
