import type { AttentionAttributes, AttentionInputs } from '../../src/nn/kernels/kernel.js';
import { registerWebGpuKernel, rowProgram, THREADS } from './program.js';

/**
 * A workgroup for every query. It goes through the keys 64 at a time and keeps the running maximum and sum of the softmax and the
 * weighted values so far (arXiv 2205.14135, algorithm 1), so that no score is ever written to memory.
 */
function shader(width: number, masked: boolean): string {
  const perThread = Math.ceil(width / THREADS);
  const mask = `
      let maskRow = select(0, row % uniforms.queries, uniforms.maskRows > 1);
      score += mask[(sample * uniforms.maskRows + maskRow) * uniforms.keyCount + key];`;
  return `
var<workgroup> query : array<f32, ${width}>;
var<workgroup> weights : array<f32, ${THREADS}>;

fn main(index : i32) {
  let thread = i32(localIndex);
  let ours = index / ${THREADS} < uniforms.rows;
  let row = min(index / ${THREADS}, uniforms.rows - 1);
  let sample = row / (uniforms.queries * uniforms.heads);
  let head = row / uniforms.queries % uniforms.heads;
  let place = sample * uniforms.queries + row % uniforms.queries;
  let rowWidth = uniforms.heads * ${width};
  let own = place * rowWidth + head * ${width};
  let first = sample * uniforms.keyCount * rowWidth + head * ${width};
  for (var i = thread; i < ${width}; i += ${THREADS}) {
    query[i] = q[own + i];
  }
  workgroupBarrier();
  var sums : array<f32, ${perThread}>;
  var total = 0.0;
  var highest = -3.4e38;
  for (var start = 0; start < uniforms.keyCount; start += ${THREADS}) {
    let key = start + thread;
    let count = min(${THREADS}, uniforms.keyCount - start);
    var score = 0.0;
    if (key < uniforms.keyCount) {
      let at = first + key * rowWidth;
      for (var i = 0; i < ${width}; i++) {
        score += query[i] * keys[at + i];
      }
      score *= ${width ** -0.5};${masked ? mask : ''}
    }
    weights[thread] = score;
    workgroupBarrier();
    var higher = highest;
    for (var j = 0; j < count; j++) {
      higher = max(higher, weights[j]);
    }
    workgroupBarrier();
    weights[thread] = exp(score - higher);
    workgroupBarrier();
    let kept = exp(highest - higher);
    highest = higher;
    total *= kept;
    for (var p = 0; p < ${perThread}; p++) {
      sums[p] *= kept;
    }
    for (var j = 0; j < count; j++) {
      total += weights[j];
      let at = first + (start + j) * rowWidth;
      for (var p = 0; p < ${perThread}; p++) {
        let i = thread + p * ${THREADS};
        if (i < ${width}) {
          sums[p] += weights[j] * values[at + i];
        }
      }
    }
    workgroupBarrier();
  }
  for (var p = 0; p < ${perThread}; p++) {
    let i = thread + p * ${THREADS};
    if (ours && i < ${width}) {
      setOutputAtIndex(own + i, sums[p] / total);
    }
  }
}`;
}

const UNIFORMS = 'rows : i32, queries : i32, keyCount : i32, heads : i32, maskRows : i32,';

/** q: [B, M, D], keys, values: [B, N, D], mask: [B, 1, M or 1, N] → [B, M, D] */
export function registerAttention(name: string): void {
  registerWebGpuKernel<AttentionInputs, AttentionAttributes>(name, ({ run }, { q, keys, values, mask }, { heads }) => {
    const [b, m, width] = q.shape as [number, number, number];
    const [d, rows] = [width / heads, b * heads * m];
    const variables = ['q', 'keys', 'values', ...(mask ? ['mask'] : [])];
    const key = `${name}_${d}_${mask ? 'masked' : 'open'}`;
    const program = rowProgram(key, variables, [...q.shape], rows, UNIFORMS, () => shader(d, mask !== undefined));
    const data = [rows, m, keys.shape[1]!, heads, mask?.shape[2] ?? 0];
    return run(
      program,
      [q, keys, values, ...(mask ? [mask] : [])],
      data.map((value) => ({ type: 'int32', data: [value] })),
    );
  });
}
