import { interpolateBicubic } from '../../../../src/nn/interpolation.js';
import { gridPositions, sequencePositions } from '../../../../src/nn/positions.js';
import { transpose } from '../../../../src/nn/transpose.js';
import { nearestRows } from '../../../../src/tokenizers/diffusion/resize.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';

/** `trans.posemb`: tables of positions, and tables brought to another size. */
export function positions(reference: ConformanceCase, compare: Comparison): void {
  for (const name of reference.data.tensors.keys()) {
    const result = name.startsWith('out.') ? tableOf(name.slice('out.'.length), reference) : undefined;
    if (result) compare.tensor(name, result);
  }
}

function tableOf(name: string, reference: ConformanceCase): Float32Array | undefined {
  const [what = '', ...numbers] = name.split(/[._](?=[hw]?\d)|(?<=\d)x(?=\d)/);
  const [first, second, third] = numbers.map((part) => Number(part.replace(/^[hw]/, ''))) as [number, number, number];
  switch (what) {
    case 'sincos1d':
      return sequencePositions(first, second);
    case 'sincos2d':
      return gridPositions(first, second, third);
    case 'vit_sincos2d':
      return transpose(gridPositions(first, second, third), first * second, third);
    case 'bicubic':
    case 'nearest': {
      const [, width, h, w] = reference.shape('in.grid') as [number, number, number, number];
      const rows = transpose(reference.floats('in.grid'), width, h * w);
      const resized =
        what === 'bicubic'
          ? interpolateBicubic(rows, [h, w], [first, second])
          : product(nearest([h, w], [first, second]), rows, h * w);
      return transpose(resized, resized.length / width, width);
    }
    case 'rgb_pos_emb': {
      const [, count] = reference.shape('in.rgb_pos_emb') as [number, number, number];
      const side = Math.sqrt(count);
      return interpolateBicubic(reference.floats('in.rgb_pos_emb'), [side, side], [first, second]);
    }
    default:
      return undefined;
  }
}

/** Rows by the values of a grid, [h'·w', h·w], with a one where each is taken from. */
function nearest(from: readonly [number, number], to: readonly [number, number]): Float32Array {
  const [rows, columns] = [nearestRows(from[0], to[0]), nearestRows(from[1], to[1])];
  const matrix = new Float32Array(to[0] * to[1] * from[0] * from[1]);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      matrix[(y * to[1] + x) * from[0] * from[1] + row * from[1] + column] = 1;
    });
  });
  return matrix;
}

/** [n, k] · [k, d] */
function product(a: Float32Array, b: Float32Array, k: number, d = b.length / k): Float32Array {
  const result = new Float32Array((a.length / k) * d);
  for (let i = 0; i < result.length; i++) {
    const [row, column] = [Math.floor(i / d), i % d];
    let sum = 0;
    for (let j = 0; j < k; j++) sum += a[row * k + j]! * b[j * d + column]!;
    result[i] = sum;
  }
  return result;
}
