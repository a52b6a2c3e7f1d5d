/**
 * Products of a few rows with weights in 16 or 8 bits. The weight is read once, from one end to the other, which is how it comes
 * fastest; while a row of it is in the nearest cache, all rows of x meet it.
 */
import {
  type Code,
  type Func,
  f32,
  f32x4,
  func,
  i16x8,
  i32,
  i32x4,
  type Local,
  loop,
  type NewLocal,
  repeatWhile,
  when,
} from './assembler.js';
import { KEPT, LOW_BITS, RAISED_BITS, smallFloats } from './packed.js';
import type { MultiplyAdd } from './tile.js';

const PARAMETERS = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;

/** Products of 15 and 8 bits, two of which go to each of eight sums with every sixteen: of so many all sums stay below 2^31. */
const EXACT = 4096;

/**
 * `out[R, N] = x[R, K] · (scales[N] · bytes[N, K])ᵀ (+ bias[N])`, with x from `splitRow`: a product is then one of whole
 * numbers, eight in an instruction, and exact.
 *
 * byteRows(x, xStride, words, scales, out, outStride, R, N, K, bias): K is a multiple of 16
 */
export const byteRows: Func = func('byteRows', PARAMETERS, (p, local) => {
  const [x, xStride, words, scales, out, outStride, r, n, k, bias] = p;
  const [from, end, eight, sum] = [local('i32'), local('i32'), local('v128'), local('v128')];
  const highs = [local('v128'), local('v128')] as const;
  const lows = [local('v128'), local('v128')] as const;
  const both = ([first, second]: readonly [Local, Local]): Code => f32x4.fromI32(i32x4.add(first.get, second.get));
  return rowByRow(local, { x, xStride, words, rowBytes: k.get, out, outStride, r, n, bias }, (row, weight, column) => {
    /** Where the low parts are while `row` goes through the high ones, and then the factor. */
    const behind = i32.add(row.get, i32.shl(k.get, 1));
    const take = (half: 0 | 1): Code[] => [
      eight.set(i16x8.load8(weight.get, 8 * half)),
      highs[half].set(i32x4.add(highs[half].get, i16x8.dot(eight.get, f32x4.load(row.get, 16 * half)))),
      lows[half].set(i32x4.add(lows[half].get, i16x8.dot(eight.get, f32x4.load(behind, 16 * half)))),
    ];
    return {
      before: [
        sum.set(f32x4.const(0)),
        loop(
          from,
          i32.const(0),
          k.get,
          EXACT,
          ...[...highs, ...lows].map((each) => each.set(i32x4.const(0))),
          end.set(i32.add(weight.get, i32.min(i32.sub(k.get, from.get), i32.const(EXACT)))),
          repeatWhile(i32.lt(weight.get, end.get), ...take(0), ...take(1), weight.advance(16), row.advance(32)),
          sum.set(f32x4.add(sum.get, f32x4.add(f32x4.mul(both(highs), f32x4.const(2 ** LOW_BITS)), both(lows)))),
        ),
      ],
      result: f32.mul(f32x4.sum(sum), f32.mul(f32.load(behind), f32.load(i32.add(scales.get, column)))),
    };
  });
});

/**
 * `out[R, N] = x[R, K] · halves[N, K]ᵀ (+ bias[N])`, with x from `raiseRow`.
 *
 * halfRows(x, xStride, words, 0, out, outStride, R, N, K, bias): K is a multiple of 16
 */
export function halfRows(multiplyAdd: MultiplyAdd): Func {
  return func('halfRows', PARAMETERS, (p, local) => {
    const [x, xStride, words, , out, outStride, r, n, k, bias] = p;
    const [end, kept] = [local('i32'), local('v128')];
    const sums = Array.from({ length: 4 }, () => local('v128'));
    const rowBytes = i32.shl(k.get, 1);
    const sum = sums.map((each) => each.get).reduce(f32x4.add);
    return [
      kept.set(i32x4.const(KEPT)),
      ...rowByRow(local, { x, xStride, words, rowBytes, out, outStride, r, n, bias }, (row, weight) => ({
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
  /** Bytes of a row of the weight; the next lies right behind. */
  readonly rowBytes: Code;
  readonly out: Local;
  readonly outStride: Local;
  readonly r: Local;
  readonly n: Local;
  readonly bias: Local;
}

/** A number of the result: what is done before, and what it then is, but for the bias. */
interface Dot {
  readonly before: readonly Code[];
  readonly result: Code;
}

/**
 * The loops around: over rows of the weight, and within over those of x.
 *
 * @param dot moves `row` and `weight`, addresses, to where their rows end; `column` is where the row has its scale, in bytes
 */
function rowByRow(
  local: NewLocal,
  { x, xStride, words, rowBytes, out, outStride, r, n, bias }: Operands,
  dot: (row: Local, weight: Local, column: Code) => Dot,
): Code[] {
  const [column, done, first, row, weight] = [local('i32'), local('i32'), local('i32'), local('i32'), local('i32')];
  const [target, value] = [local('i32'), local('f32')];
  const { before, result } = dot(row, weight, column.get);
  return [
    loop(
      column,
      i32.const(0),
      i32.shl(n.get, 2),
      4,
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
        when(bias.get, value.set(f32.add(value.get, f32.load(i32.add(bias.get, column.get))))),
        f32.store(target.get, value.get),
        first.advance(xStride.get),
        target.advance(outStride.get),
      ),
      words.advance(rowBytes),
    ),
  ];
}
