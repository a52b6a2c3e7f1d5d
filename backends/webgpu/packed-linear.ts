/** Products with weights in 16 and 8 bits, which are unpacked in registers, never in memory. */
import * as tf from '@tensorflow/tfjs-core';
import type { PackedLinearInputs } from '../../src/nn/kernels/declarations.js';
import { INTERLEAVED_ROWS, INTERLEAVED_WORDS, type PackedDtype } from '../../src/nn/packed/packing.js';
import { FOUR_NUMBERS, WORD_OF, WORDS_OF_FOUR } from './packed-words.js';
import { registerWebGpuKernel, rowProgram, whole } from './program.js';

/** Parameters of a shader. */
interface Case {
  readonly dtype: PackedDtype;
  readonly hasBias: boolean;
  /** Whether rows of x begin at whole vectors. */
  readonly isAligned: boolean;
}

/** Up to this many rows of x, the weight is read once, directly into registers. */
const FEW_ROWS = 16;
/** Threads that share a row of the weight, and threads of a workgroup of theirs. */
const [SHARING, FEW_THREADS] = [16, 64];
/** Outputs of a workgroup: each thread has four. */
const FEW_OUTPUTS = (FEW_THREADS / SHARING) * 4;
/** Rows whose sums are added up at once, in 4 kB. */
const ADDED = 4;

/** Side of a workgroup's tile, and depth of a read. */
const [TILE, DEPTH] = [64, 16];
/** Threads along the side of a tile: each makes 4 × 4 of it, and brings four numbers of x and four of the weight. */
const SIDE = 16;
/** Stride of a row in workgroup memory, in vectors: one more avoids bank conflicts. */
const STRIDE = DEPTH / 4 + 1;

/** Common part of both shaders: reading x, writing results. */
const common = ({ dtype, hasBias, isAligned }: Case) => `${FOUR_NUMBERS[dtype]}
/** Four numbers of a row of x; zeros past its end. */
fn fourOf(row : i32, part : i32) -> vec4f {
  ${
    isAligned
      ? `if (4 * part >= uniforms.width) { return vec4f(); }
  return x[(row * uniforms.width) / 4 + part];`
      : `var four = vec4f();
  for (var i = 0; i < min(4, uniforms.width - 4 * part); i++) {
    four[i] = x[row * uniforms.width + 4 * part + i];
  }
  return four;`
  }
}

fn write(row : i32, column : i32, sum : f32) {
  if (row < uniforms.rows && column < uniforms.outputs) {
    setOutputAtIndex(row * uniforms.outputs + column, sum${dtype === 'int8' ? ' * scales[column]' : ''}${hasBias ? ' + bias[column]' : ''});
  }
}
`;

/** Words that a thread reads at once of a row, where it has few rows of x. */
const FEW_WORDS = { f16: 4, int8: INTERLEAVED_WORDS } as const satisfies Record<PackedDtype, number>;

/**
 * A workgroup for sixteen outputs. Neighbouring threads read neighbouring words: 32 bytes each of four interleaved rows,
 * otherwise 16 or 8 bytes of a row. A thread unpacks its four rows once and multiplies them with every row of x.
 */
function fewRowsShader(given: Case, rows: number): string {
  const wordsOfFour = WORDS_OF_FOUR[given.dtype];
  const parts = FEW_WORDS[given.dtype] / wordsOfFour;
  const four = [0, 1, 2, 3];
  const weights = (part: number) =>
    four.map((i) => {
      const words = ['x', 'y', 'z', 'w'].slice(part * wordsOfFour, (part + 1) * wordsOfFour);
      return `fourNumbers(${words.map((word) => `row${i}.${word}`)})`;
    });
  return `${common(given)}
var<workgroup> shares : array<array<vec4f, ${FEW_THREADS}>, ${Math.min(rows, ADDED)}>;

fn main(index : i32) {
  let thread = i32(localIndex);
  let firstOfAll = index / ${FEW_THREADS} * ${FEW_OUTPUTS};
  let first = firstOfAll + thread / ${SHARING} * 4;
  let own = min(vec4i(first) + vec4i(0, 1, 2, 3), vec4i(uniforms.outputs - 1));
  ${
    given.dtype === 'int8'
      ? `let together = first + ${INTERLEAVED_ROWS} <= uniforms.outputs;
  let starts = select(own * uniforms.chunks, first * uniforms.chunks + vec4i(0, 1, 2, 3), together);
  let step = select(1, ${INTERLEAVED_ROWS}, together);`
      : `let starts = own * uniforms.chunks;
  let step = 1;`
  }
  var sums : array<vec4f, ${rows}>;
  for (var chunk = thread % ${SHARING}; chunk < uniforms.chunks; chunk += ${SHARING}) {
    ${four.map((i) => `let row${i} = words[starts[${i}] + chunk * step];`).join('\n    ')}
    ${Array.from(
      { length: parts },
      (_, part) => `{
      let weights = mat4x4f(${weights(part)});
      for (var r = 0; r < ${rows}; r++) {
        sums[r] += fourOf(min(r, uniforms.rows - 1), ${parts} * chunk + ${part}) * weights;
      }
    }`,
    ).join('\n    ')}
  }
  for (var r = 0; r < ${rows}; r += ${ADDED}) {
    for (var i = 0; i < ${Math.min(rows, ADDED)}; i++) {
      shares[i][thread] = sums[r + i];
    }
    workgroupBarrier();
    let i = thread / ${FEW_THREADS / SHARING};
    let quarter = thread % ${FEW_THREADS / SHARING};
    if (i < ${Math.min(rows, ADDED)}) {
      var sum = vec4f();
      for (var j = 0; j < ${SHARING}; j++) {
        sum += shares[i][quarter * ${SHARING} + j];
      }
      for (var j = 0; j < 4; j++) {
        write(r + i, firstOfAll + 4 * quarter + j, sum[j]);
      }
    }
    workgroupBarrier();
  }
}`;
}

/** A workgroup for a tile of outputs. Consecutive tiles share rows of the weight, which stay in the cache. */
function tileShader(given: Case): string {
  const wordsOfFour = WORDS_OF_FOUR[given.dtype];
  const words = Array.from({ length: wordsOfFour }, (_, i) => `words[at + ${i}]`);
  const four = [0, 1, 2, 3];
  return `${common(given)}${WORD_OF[given.dtype]}
var<workgroup> inputs : array<array<vec4f, ${STRIDE}>, ${TILE}>;
var<workgroup> weights : array<array<vec4f, ${STRIDE}>, ${TILE}>;

fn main(index : i32) {
  let thread = i32(localIndex);
  let high = (uniforms.rows + ${TILE - 1}) / ${TILE};
  let tile = index / ${SIDE ** 2};
  let firstRow = tile % high * ${TILE};
  let firstColumn = tile / high * ${TILE};
  let line = thread / ${DEPTH / 4};
  let part = thread % ${DEPTH / 4};
  let inputRow = min(firstRow + line, uniforms.rows - 1);
  let weightRow = min(firstColumn + line, uniforms.outputs - 1);
  let down = thread / ${SIDE};
  let across = thread % ${SIDE};
  var sums : array<vec4f, 4>;
  for (var depth = 0; depth < uniforms.width; depth += ${DEPTH}) {
    let at = wordOf(weightRow, (depth / 4 + part) * ${wordsOfFour}, uniforms.outputs, uniforms.stride);
    inputs[line][part] = fourOf(inputRow, depth / 4 + part);
    weights[line][part] = fourNumbers(${words});
    workgroupBarrier();
    for (var k = 0; k < ${DEPTH / 4}; k++) {
      let four = mat4x4f(${four.map((i) => `weights[across + ${i * SIDE}][k]`)});
      for (var r = 0; r < 4; r++) {
        sums[r] += inputs[4 * down + r][k] * four;
      }
    }
    workgroupBarrier();
  }
  for (var r = 0; r < 4; r++) {
    for (var j = 0; j < 4; j++) {
      write(firstRow + 4 * down + r, firstColumn + across + j * ${SIDE}, sums[r][j]);
    }
  }
}`;
}

/** x: [..., K], words: [N, …] → [..., N] */
export function registerPackedLinear(name: string): void {
  registerWebGpuKernel<PackedLinearInputs, unknown>(name, ({ run }, { x, words, scales, bias }) => {
    const width = x.shape.at(-1)!;
    const rows = tf.util.sizeFromShape(x.shape) / width;
    const [outputs, stride] = words.shape as [number, number];
    const given = { dtype: scales ? 'int8' : 'f16', hasBias: bias !== undefined, isAligned: width % 4 === 0 } as const;
    const isFew = rows <= FEW_ROWS;
    const unrolled = isFew ? 2 ** Math.ceil(Math.log2(rows)) : 0;
    const groups = isFew ? Math.ceil(outputs / FEW_OUTPUTS) : Math.ceil(outputs / TILE) * Math.ceil(rows / TILE);
    const inputs = [x, words, ...(scales ? [scales] : []), ...(bias ? [bias] : [])];
    const program = {
      ...rowProgram(
        [name, ...Object.values(given), unrolled].join('_'),
        ['x', 'words', ...(scales ? ['scales'] : []), ...(bias ? ['bias'] : [])],
        [...x.shape.slice(0, -1), outputs],
        groups,
        'rows : i32, outputs : i32, width : i32, stride : i32, chunks : i32,',
        () => (isFew ? fewRowsShader(given, unrolled) : tileShader(given)),
        isFew ? FEW_THREADS : SIDE ** 2,
      ),
      variableComponents: [given.isAligned ? 4 : 1, isFew ? FEW_WORDS[given.dtype] : 1, 1, 1].slice(0, inputs.length),
    };
    const data = [rows, outputs, width, stride, stride / FEW_WORDS[given.dtype]];
    return run(program, inputs, data.map(whole));
  });
}
