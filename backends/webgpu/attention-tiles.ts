/** Attention of many queries: a workgroup reads keys and values once for a tile of queries. */

/** Queries of a tile, and keys processed at a time. */
export const TILE_QUERIES = 32;
const KEYS = 64;
/** Vectors of four values read at a time from a query or key, and their stride: one more avoids bank conflicts. */
const [DEPTH, STRIDE] = [4, 5];
/** Threads across have other keys and columns of the result, threads down other queries: four of each. */
const [ACROSS, DOWN] = [KEYS / 4, TILE_QUERIES / 4];
export const TILE_THREADS = ACROSS * DOWN;
/** Vectors of values in workgroup memory. */
const VALUES = 256;

/** Results of a thread for a query, by head width; 0 for widths that are not whole vectors or need too many registers. */
export function blocksOf(width: number): number {
  return width % 4 === 0 && width <= 512 ? 2 ** Math.ceil(Math.log2(Math.max(1, width / 4 / ACROSS))) : 0;
}

/**
 * A workgroup for 32 queries of a head. It processes 64 keys at a time and keeps the running maximum and sum of the softmax and the
 * weighted values so far (arXiv 2205.14135, algorithm 1). All inputs except the mask are read as vectors of four.
 */
export function tileShader(blocks: number, masked: boolean): string {
  const columns = blocks * ACROSS;
  const atOnce = VALUES / columns;
  const four = [0, 1, 2, 3];
  const mask = `
        let maskRow = select(0, query, uniforms.maskRows > 1);
        score += mask[(sample * uniforms.maskRows + maskRow) * uniforms.keyCount + key];`;
  return `
var<workgroup> ours : array<vec4f, ${TILE_QUERIES * STRIDE}>;
var<workgroup> others : array<vec4f, ${KEYS * STRIDE}>;
var<workgroup> weights : array<array<f32, ${KEYS + 1}>, ${TILE_QUERIES}>;

fn main(index : i32) {
  let thread = i32(localIndex);
  let down = thread / ${ACROSS};
  let across = thread % ${ACROSS};
  let line = thread / ${DEPTH};
  let part = thread % ${DEPTH};
  let tiles = (uniforms.queries + ${TILE_QUERIES - 1}) / ${TILE_QUERIES};
  let head = min(index / ${TILE_THREADS} / tiles, uniforms.allHeads - 1);
  let isOurs = index / ${TILE_THREADS} / tiles < uniforms.allHeads;
  let firstQuery = index / ${TILE_THREADS} % tiles * ${TILE_QUERIES};
  let lineQuery = min(firstQuery + line, uniforms.queries - 1);
  let sample = head / uniforms.heads;
  let rowVectors = uniforms.heads * uniforms.vectors;
  let inRow = head % uniforms.heads * uniforms.vectors;
  let atQueries = sample * uniforms.queries * rowVectors + inRow;
  let atKeys = sample * uniforms.keyCount * rowVectors + inRow;
  var sums : array<array<vec4f, 4>, ${blocks}>;
  var total = vec4f();
  var highest = vec4f(-3.4e38);
  for (var start = 0; start < uniforms.keyCount; start += ${KEYS}) {
    var scores = array<vec4f, 4>();
    for (var depth = 0; depth < uniforms.vectors; depth += ${DEPTH}) {
      let at = depth + part;
      let isThere = at < uniforms.vectors;
      ours[line * ${STRIDE} + part] = select(vec4f(), q[atQueries + lineQuery * rowVectors + at], isThere);
      for (var i = line; i < ${KEYS}; i += ${TILE_THREADS / DEPTH}) {
        let key = min(start + i, uniforms.keyCount - 1);
        others[i * ${STRIDE} + part] = select(vec4f(), keys[atKeys + key * rowVectors + at], isThere);
      }
      workgroupBarrier();
      for (var k = 0; k < ${DEPTH}; k++) {
        let four = mat4x4f(${four.map((j) => `others[(across + ${j * ACROSS}) * ${STRIDE} + k]`)});
        for (var r = 0; r < 4; r++) {
          scores[r] += ours[(4 * down + r) * ${STRIDE} + k] * four;
        }
      }
      workgroupBarrier();
    }
    var higher = highest;
    for (var r = 0; r < 4; r++) {
      let query = min(firstQuery + 4 * down + r, uniforms.queries - 1);
      for (var j = 0; j < 4; j++) {
        let key = min(start + across + j * ${ACROSS}, uniforms.keyCount - 1);
        var score = scores[r][j] * uniforms.scale;${masked ? mask : ''}
        scores[r][j] = score;
        higher[r] = max(higher[r], score);
      }
    }
    others[thread] = higher;
    workgroupBarrier();
    for (var i = 0; i < ${ACROSS}; i++) {
      higher = max(higher, others[down * ${ACROSS} + i]);
    }
    for (var r = 0; r < 4; r++) {
      for (var j = 0; j < 4; j++) {
        let key = across + j * ${ACROSS};
        weights[4 * down + r][key] = select(0.0, exp(scores[r][j] - higher[r]), start + key < uniforms.keyCount);
      }
    }
    let kept = exp(highest - higher);
    highest = higher;
    total *= kept;
    for (var block = 0; block < ${blocks}; block++) {
      for (var r = 0; r < 4; r++) {
        sums[block][r] *= kept[r];
      }
    }
    workgroupBarrier();
    for (var first = 0; first < min(${KEYS}, uniforms.keyCount - start); first += ${atOnce}) {
      for (var i = thread; i < ${VALUES}; i += ${TILE_THREADS}) {
        let key = start + first + i / ${columns};
        let column = i % ${columns};
        others[i] = vec4f();
        if (key < uniforms.keyCount && column < uniforms.vectors) {
          others[i] = values[atKeys + key * rowVectors + column];
        }
      }
      workgroupBarrier();
      for (var j = 0; j < ${atOnce}; j++) {
        let own = vec4f(${four.map((r) => `weights[4 * down + ${r}][first + j]`)});
        total += own;
        for (var block = 0; block < ${blocks}; block++) {
          let value = others[j * ${columns} + block * ${ACROSS} + across];
          for (var r = 0; r < 4; r++) {
            sums[block][r] += own[r] * value;
          }
        }
      }
      workgroupBarrier();
    }
  }
  for (var r = 0; r < 4; r++) {
    let query = firstQuery + 4 * down + r;
    for (var block = 0; block < ${blocks}; block++) {
      let column = block * ${ACROSS} + across;
      if (isOurs && query < uniforms.queries && column < uniforms.vectors) {
        setOutputAtIndex(atQueries + query * rowVectors + column, sums[block][r] / total[r]);
      }
    }
  }
}`;
}
