/**
 * Products of a few rows with weights in 16 or 8 bits. The weight is read once, sequentially; while one row (or four
 * interleaved ones) is in the first cache, it is multiplied with all rows of x.
 */

import { INTERLEAVED_ROWS } from '../../../src/nn/packed/packing.js';
import { type Func, func, i32s, type Local, loop, type NewLocal, repeatWhile, when } from './assembler.js';
import { type Code, f32, f32x4, i16x8, i32, i32x4, type MultiplyAdd } from './instructions.js';
import { KEPT, LOW_BITS, RAISED_BITS, smallFloats } from './packed.js';

/** Of products of a few rows. */
export const BYTE_ROWS_PARAMETERS = i32s(10);

/** Products of 15 and 8 bits, two of which go to each sum with every eight numbers: of so many all sums stay below 2^31. */
const EXACT = 4096;

/**
 * `out[R, N] = x[R, K] · (scales[N] · bytes[N, K])ᵀ (+ bias[N])`, with x from `splitRow`: a product is then one of whole
 * numbers, eight in an instruction, and exact.
 *
 * byteRows1(x, xStride, words, scales, out, outStride, R, N, K, bias): for rows of the weight one after another; byteRows4 for
 * rows interleaved by four (`src/nn/packed/packing.ts`), where N is a multiple of 4. K is a multiple of 16
 */
export const byteRows: readonly Func[] = ([1, INTERLEAVED_ROWS] as const).map((together) =>
  func(`byteRows${together}`, BYTE_ROWS_PARAMETERS, (p, local) => {
    const [x, xStride, words, scales, out, outStride, r, n, k, bias] = p;
    const [from, end] = local('i32', 2);
    const [left, right, eight] = local('v128', 3);
    const highs: readonly Local[] = local('v128', together);
    const lows: readonly Local[] = local('v128', together);
    const sums: readonly Local[] = local('v128', together);
    const add = (sum: Local, numbers: Local): Code => sum.set(i32x4.add(sum.get, i16x8.dot(eight.get, numbers.get)));
    const operands = { x, xStride, words, rowBytes: k.get, out, outStride, r, n, bias };
    return rowByRow(local, operands, together, (row, weight, column) => {
      const exact = i32.min(i32.sub(k.get, from.get), i32.const(EXACT));
      const scale = i32.add(scales.get, column);
      return {
        before: [
          ...sums.map((sum) => sum.set(f32x4.const(0))),
          loop(
            from,
            i32.const(0),
            k.get,
            EXACT,
            ...[...highs, ...lows].map((sum) => sum.set(i32x4.const(0))),
            end.set(i32.add(weight.get, i32.mul(exact, i32.const(together)))),
            // No more loads at a time: V8 executes all of them first and would run out of registers.
            repeatWhile(
              i32.lt(weight.get, end.get),
              left.set(f32x4.load(row.get)),
              right.set(f32x4.load(row.get, 16)),
              ...highs.flatMap((high, i) => [
                eight.set(i16x8.load8(weight.get, 8 * i)),
                add(high, left),
                add(lows[i]!, right),
              ]),
              weight.advance(8 * together),
              row.advance(32),
            ),
            ...sums.map((sum, i) => {
              const high = f32x4.mul(f32x4.fromI32(highs[i]!.get), f32x4.const(2 ** LOW_BITS));
              return sum.set(f32x4.add(sum.get, f32x4.add(high, f32x4.fromI32(lows[i]!.get))));
            }),
          ),
        ],
        result:
          together === 1
            ? f32.mul(f32x4.sum(sums[0]!), f32.mul(f32.load(row.get), f32.load(scale)))
            : f32x4.mul(f32x4.sums(sums), f32x4.mul(f32x4.load(row.get), f32x4.load(scale))),
      };
    });
  }),
);

/**
 * `out[R, N] = x[R, K] · halves[N, K]ᵀ (+ bias[N])`, with x from `raiseRow`.
 *
 * halfRows(x, xStride, words, 0, out, outStride, R, N, K, bias): K is a multiple of 16
 */
export function halfRows(multiplyAdd: MultiplyAdd): Func {
  return func('halfRows', BYTE_ROWS_PARAMETERS, (p, local) => {
    const [x, xStride, words, , out, outStride, r, n, k, bias] = p;
    const [end, kept] = [local('i32'), local('v128')];
    const sums = local('v128', 4);
    const rowBytes = i32.shl(k.get, 1);
    const sum = sums.map((each) => each.get).reduce(f32x4.add);
    return [
      kept.set(i32x4.const(KEPT)),
      ...rowByRow(local, { x, xStride, words, rowBytes, out, outStride, r, n, bias }, 1, (row, weight) => ({
        before: [
          ...sums.map((each) => each.set(f32x4.const(0))),
          end.set(i32.add(weight.get, rowBytes)),
          repeatWhile(
            i32.lt(weight.get, end.get),
            ...sums.map((each, i) =>
              each.set(multiplyAdd(f32x4.load(row.get, 16 * i), smallFloats(weight.get, kept.get, 8 * i), each.get)),
            ),
            weight.advance(32),
            row.advance(64),
          ),
          sums[0]!.set(sum),
        ],
        result: f32.mul(f32x4.sum(sums[0]!), f32.const(2 ** (112 - RAISED_BITS))),
      })),
    ];
  });
}

interface Operands {
  readonly x: Local;
  readonly xStride: Local;
  readonly words: Local;
  /** Bytes of a row of the weight; rows are contiguous. */
  readonly rowBytes: Code;
  readonly out: Local;
  readonly outStride: Local;
  readonly r: Local;
  readonly n: Local;
  readonly bias: Local;
}

/** Values of the result for interleaved rows of the weight: the code before, and the values without bias. */
interface Dot {
  readonly before: readonly Code[];
  readonly result: Code;
}

/**
 * The loops around: over rows of the weight, and within over those of x.
 *
 * @param together how many rows of the weight are taken at once
 * @param dot      moves `row` and `weight`, addresses, to where their rows end; `column` is where the first row has its scale, in bytes
 */
export function rowByRow(
  local: NewLocal,
  { x, xStride, words, rowBytes, out, outStride, r, n, bias }: Operands,
  together: 1 | typeof INTERLEAVED_ROWS,
  dot: (row: Local, weight: Local, column: Code) => Dot,
): Code[] {
  const [column, done, first, row, weight] = local('i32', 5);
  const target = local('i32');
  const [value, numbers] = together === 1 ? [local('f32'), f32] : [local('v128'), f32x4];
  const { before, result } = dot(row, weight, column.get);
  return [
    loop(
      column,
      i32.const(0),
      i32.shl(n.get, 2),
      4 * together,
      first.set(x.get),
      target.set(i32.add(out.get, column.get)),
      loop(
        done,
        i32.const(0),
        r.get,
        1,
        row.set(first.get),
        weight.set(words.get),
        ...before,
        value.set(result),
        when(bias.get, value.set(numbers.add(value.get, numbers.load(i32.add(bias.get, column.get))))),
        numbers.store(target.get, value.get),
        first.advance(xStride.get),
        target.advance(outStride.get),
      ),
      words.advance(i32.mul(rowBytes, i32.const(together))),
    ),
  ];
}
