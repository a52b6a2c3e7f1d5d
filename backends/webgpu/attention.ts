import type { AttentionAttributes, AttentionInputs } from '../../src/nn/kernels/declarations.js';
import { blocksOf, TILE_QUERIES, TILE_THREADS, tileShader } from './attention-tiles.js';
import { real, registerWebGpuKernel, rowProgram, THREADS, whole } from './program.js';

/**
 * A workgroup for every query. It processes 64 keys at a time and keeps the running maximum and sum of the softmax and the
 * weighted values so far (arXiv 2205.14135, algorithm 1), so that no score is ever written to memory.
 */
function shader(width: number, masked: boolean): string {
  const perThread = Math.ceil(width / THREADS);
  const atOnce = readAtOnce(width);
  const mask = `
      let maskRow = select(0, row % uniforms.queries, uniforms.maskRows > 1);
      score += mask[(sample * uniforms.maskRows + maskRow) * uniforms.keyCount + key];`;
  return `
var<workgroup> query : array<${atOnce === 4 ? 'vec4f' : 'f32'}, ${width / atOnce}>;
var<workgroup> weights : array<f32, ${THREADS}>;

fn main(index : i32) {
  let thread = i32(localIndex);
  let ours = index / ${THREADS} < uniforms.rows;
  let row = min(index / ${THREADS}, uniforms.rows - 1);
  let sample = row / (uniforms.queries * uniforms.heads);
  let head = row / uniforms.queries % uniforms.heads;
  let position = sample * uniforms.queries + row % uniforms.queries;
  let rowWidth = uniforms.heads * ${width};
  let own = position * rowWidth + head * ${width};
  let first = sample * uniforms.keyCount * rowWidth + head * ${width};
  for (var i = thread; i < ${width / atOnce}; i += ${THREADS}) {
    query[i] = q[own / ${atOnce} + i];
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
      let at = (first + key * rowWidth) / ${atOnce};
      for (var i = 0; i < ${width / atOnce}; i++) {
        score += ${atOnce === 4 ? 'dot(query[i], keys[at + i])' : 'query[i] * keys[at + i]'};
      }
      score *= uniforms.scale;${masked ? mask : ''}
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

/** Vector width for reading a query or key. */
function readAtOnce(width: number): 1 | 4 {
  return width % 4 === 0 ? 4 : 1;
}

/** Up to this many queries have a workgroup each. */
const FEW_QUERIES = 8;

const UNIFORMS =
  'rows : i32, queries : i32, keyCount : i32, heads : i32, maskRows : i32, allHeads : i32, vectors : i32, scale : f32,';

/** q: [B, M, D], keys, values: [B, N, D], mask: [B, 1, M or 1, N] → [B, M, D] */
export function registerAttention(name: string): void {
  registerWebGpuKernel<AttentionInputs, AttentionAttributes>(name, ({ run }, { q, keys, values, mask }, { heads }) => {
    const [b, m, width] = q.shape as [number, number, number];
    const d = width / heads;
    const blocks = m > FEW_QUERIES ? blocksOf(d) : 0;
    const inTiles = blocks > 0;
    const inputs = [q, keys, values, ...(mask ? [mask] : [])];
    const program = rowProgram(
      [name, mask !== undefined, ...(inTiles ? ['tiles', blocks] : [d])].join('_'),
      ['q', 'keys', 'values', ...(mask ? ['mask'] : [])],
      [...q.shape],
      b * heads * (inTiles ? Math.ceil(m / TILE_QUERIES) : m),
      UNIFORMS,
      () => (inTiles ? tileShader(blocks, mask !== undefined) : shader(d, mask !== undefined)),
      inTiles ? TILE_THREADS : THREADS,
    );
    const components = inTiles ? [4, 4, 4, 1] : [readAtOnce(d), readAtOnce(d), 1, 1];
    const vectors = { outputComponent: components[2]!, variableComponents: components.slice(0, inputs.length) };
    const data = [b * heads * m, m, keys.shape[1]!, heads, mask?.shape[2] ?? 0, b * heads, Math.floor(d / 4)];
    const uniforms = [...data.map(whole), real(d ** -0.5)];
    return run({ ...program, ...vectors }, inputs, uniforms);
  });
}
