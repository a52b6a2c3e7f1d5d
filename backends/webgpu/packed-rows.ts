import * as tf from '@tensorflow/tfjs-core';
import type { PackedRowsAttributes, PackedRowsInputs } from '../../src/nn/kernels/declarations.js';
import type { PackedDtype } from '../../src/nn/packed/packing.js';
import { FOUR_NUMBERS, WORD_OF, WORDS_OF_FOUR } from './packed-words.js';
import { registerWebGpuKernel, rowProgram, THREADS, whole } from './program.js';

/** A thread for every four numbers of a row. */
const shader = (dtype: PackedDtype) => `${FOUR_NUMBERS[dtype]}${WORD_OF[dtype]}
fn main(index : i32) {
  let parts = (uniforms.width + 3) / 4;
  if (index < uniforms.count * parts) {
    let row = i32(rows[index / parts]);
    let part = index % parts;
    let at = wordOf(row, part * ${WORDS_OF_FOUR[dtype]}, uniforms.rows, uniforms.stride);
    let four = ${dtype === 'int8' ? 'fourNumbers(words[at]) * scales[row]' : 'fourNumbers(words[at], words[at + 1])'};
    for (var i = 0; i < min(4, uniforms.width - 4 * part); i++) {
      setOutputAtIndex(index / parts * uniforms.width + 4 * part + i, four[i]);
    }
  }
}`;

/** words: [N, …], rows: [R] → [R, K]. tfjs's gather would treat the words as floats and lose bits. */
export function registerPackedRows(name: string): void {
  registerWebGpuKernel<PackedRowsInputs, PackedRowsAttributes>(name, ({ run }, { words, scales, rows }, { width }) => {
    const count = tf.util.sizeFromShape(rows.shape);
    const dtype = scales ? 'int8' : 'f16';
    const groups = Math.ceil((count * Math.ceil(width / 4)) / THREADS);
    const variables = ['words', 'rows', ...(scales ? ['scales'] : [])];
    const uniforms = 'count : i32, width : i32, rows : i32, stride : i32,';
    const data = [count, width, ...words.shape];
    return run(
      rowProgram(`${name}_${dtype}`, variables, [count, width], groups, uniforms, () => shader(dtype)),
      [words, rows, ...(scales ? [scales] : [])],
      data.map(whole),
    );
  });
}
