import { type Func, func, i32s, type Local, loop } from './assembler.js';
import { type Code, f32, f32x4, i32 } from './instructions.js';

/**
 * `out[M, N] = left[M, K] · right[N, K]ᵀ` for K a multiple of 4: addresses and strides in bytes. For few rows: each reads all of
 * the right side.
 *
 * dots(left, leftStride, right, rightStride, out, outStride, M, N, K)
 */
export const dots: Func = func(
  'dots',
  i32s(9),
  ([left, leftStride, right, rightStride, out, outStride, m, n, k], local) => {
    const [row, column, other, to, at, bytes] = local('i32', 6);
    const sum = local('v128');
    const here = (address: Local): Code => i32.add(address.get, at.get);
    return [
      bytes.set(i32.shl(k.get, 2)),
      loop(
        row,
        i32.const(0),
        m.get,
        1,
        other.set(right.get),
        to.set(out.get),
        loop(
          column,
          i32.const(0),
          n.get,
          1,
          sum.set(f32x4.const(0)),
          loop(
            at,
            i32.const(0),
            bytes.get,
            16,
            sum.set(f32x4.add(sum.get, f32x4.mul(f32x4.load(here(left)), f32x4.load(here(other))))),
          ),
          f32.store(to.get, f32x4.sum(sum)),
          to.advance(4),
          other.advance(rightStride.get),
        ),
        left.advance(leftStride.get),
        out.advance(outStride.get),
      ),
    ];
  },
);
