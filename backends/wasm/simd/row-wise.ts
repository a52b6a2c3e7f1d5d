/** Row-wise operations: layer norm, softmax, and the gate of a gated MLP. */
import { type Func, func, i32s, type Local, loop, type NewLocal, when } from './assembler.js';
import { exponential } from './exponential.js';
import { type Code, f32, f32x4, i32, type MultiplyAdd } from './instructions.js';

/**
 * Statistics of rows of D numbers, a multiple of 4, for layer norm and its gradient.
 *
 * @returns `measure` sets the mean and the scale of the row at x, 1/√(variance + epsilon); `centred` is the row minus its mean;
 *          `columns` runs a body for each vector, `average` is the mean of a vector of sums
 */
export function rowStatistics(x: Local, width: Local, epsilon: Local, local: NewLocal) {
  const [column, bytes] = local('i32', 2);
  const [sum, value, mean, scale] = local('v128', 4);
  const at = (address: Local): Code => i32.add(address.get, column.get);
  const columns = (...body: Code[]) => loop(column, i32.const(0), bytes.get, 16, ...body);
  const average = (of: Local) => f32.div(f32x4.sum(of), f32.fromI32(width.get));
  const centred = f32x4.sub(f32x4.load(at(x)), mean.get);
  const measure = [
    sum.set(f32x4.const(0)),
    columns(sum.set(f32x4.add(sum.get, f32x4.load(at(x))))),
    mean.set(f32x4.splat(average(sum))),
    sum.set(f32x4.const(0)),
    columns(value.set(centred), sum.set(f32x4.add(sum.get, f32x4.mul(value.get, value.get)))),
    scale.set(f32x4.splat(f32.div(f32.const(1), f32.sqrt(f32.add(average(sum), epsilon.get))))),
  ];
  return { bytes, start: bytes.set(i32.shl(width.get, 2)), at, columns, average, centred, mean, scale, measure };
}

/**
 * Layer norm of rows without gaps; D is a multiple of 4.
 *
 * layerNorm(x, weight, bias, out, rows, D, epsilon)
 */
export function layerNorm(multiplyAdd: MultiplyAdd): Func {
  return func(
    'layerNorm',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f32'],
    ([x, weight, bias, out, rows, width, epsilon], local) => {
      const row = local('i32');
      const value = local('v128');
      const { bytes, start, at, columns, centred, scale, measure } = rowStatistics(x, width, epsilon, local);
      return [
        start,
        loop(
          row,
          i32.const(0),
          rows.get,
          1,
          ...measure,
          columns(
            value.set(f32x4.mul(centred, scale.get)),
            f32x4.store(at(out), multiplyAdd(value.get, f32x4.load(at(weight)), f32x4.load(at(bias)))),
          ),
          x.advance(bytes.get),
          out.advance(bytes.get),
        ),
      ];
    },
  );
}

/**
 * `silu(gate) · x`, number by number, for a multiple of 4 of them.
 *
 * swiGlu(gate, x, out, count)
 */
export function swiGlu(multiplyAdd: MultiplyAdd): Func {
  return func('swiGlu', i32s(4), ([gate, x, out, count], local) => {
    const [at, value, power] = [local('i32'), local('v128'), local('v128')];
    const here = (address: Local): Code => i32.add(address.get, at.get);
    const raise = exponential(local, multiplyAdd);
    return [
      loop(
        at,
        i32.const(0),
        i32.shl(count.get, 2),
        16,
        value.set(f32x4.load(here(gate))),
        power.set(f32x4.sub(f32x4.const(0), value.get)),
        ...raise(power),
        value.set(f32x4.div(value.get, f32x4.add(f32x4.const(1), power.get))),
        f32x4.store(here(out), f32x4.mul(value.get, f32x4.load(here(x)))),
      ),
    ];
  });
}

/**
 * Softmax of `scale · scores (+ mask)` in place; rows have N numbers, padded to a multiple of 4. The mask has a row
 * for each (or one for all, with stride 0), without padding.
 *
 * softmax(scores, stride, mask, maskStride, rows, N, scale)
 */
export function softmax(multiplyAdd: MultiplyAdd): Func {
  return func(
    'softmax',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f32'],
    ([scores, stride, mask, maskStride, rows, n, scale], local) => {
      const [row, column, bytes, whole] = local('i32', 4);
      const [value, largest, sum] = local('v128', 3);
      const raise = exponential(local, multiplyAdd);
      const at = i32.add(scores.get, column.get);
      const columns = (...body: Code[]) => loop(column, i32.const(0), whole.get, 16, ...body);
      const one = f32.mul(f32.load(at), scale.get);
      return [
        bytes.set(i32.shl(n.get, 2)),
        whole.set(i32.and(i32.add(bytes.get, i32.const(15)), i32.const(-16))),
        loop(
          row,
          i32.const(0),
          rows.get,
          1,
          // Values beyond the row are ignored.
          loop(column, bytes.get, whole.get, 4, f32.store(at, f32.const(-Infinity))),
          when(
            mask.get,
            loop(
              column,
              i32.const(0),
              bytes.get,
              4,
              f32.store(at, f32.add(one, f32.load(i32.add(mask.get, column.get)))),
            ),
            mask.advance(maskStride.get),
          ),
          when(
            i32.eq(mask.get, i32.const(0)),
            columns(f32x4.store(at, f32x4.mul(f32x4.load(at), f32x4.splat(scale.get)))),
          ),
          largest.set(f32x4.load(scores.get)),
          columns(largest.set(f32x4.max(largest.get, f32x4.load(at)))),
          largest.set(f32x4.splat(f32x4.largest(largest))),
          sum.set(f32x4.const(0)),
          columns(
            value.set(f32x4.sub(f32x4.load(at), largest.get)),
            ...raise(value),
            f32x4.store(at, value.get),
            sum.set(f32x4.add(sum.get, value.get)),
          ),
          sum.set(f32x4.splat(f32.div(f32.const(1), f32x4.sum(sum)))),
          columns(f32x4.store(at, f32x4.mul(f32x4.load(at), sum.get))),
          scores.advance(stride.get),
        ),
      ];
    },
  );
}

/**
 * Gradient of {@link softmax}'s scores, in place of that of its results: `scale · weights · (gradient - Σ weights · gradient)`. Rows
 * as there; what `softmax` left beyond a row of weights is 0.
 *
 * softmaxGradient(weights, gradients, stride, rows, N, scale)
 */
export const softmaxGradient: Func = func(
  'softmaxGradient',
  ['i32', 'i32', 'i32', 'i32', 'i32', 'f32'],
  ([weights, gradients, stride, rows, n, scale], local) => {
    const [row, column, bytes, whole] = local('i32', 4);
    const sum = local('v128');
    const at = (address: Local): Code => i32.add(address.get, column.get);
    const columns = (...body: Code[]) => loop(column, i32.const(0), whole.get, 16, ...body);
    const [weight, gradient] = [f32x4.load(at(weights)), f32x4.load(at(gradients))];
    return [
      bytes.set(i32.shl(n.get, 2)),
      whole.set(i32.and(i32.add(bytes.get, i32.const(15)), i32.const(-16))),
      loop(
        row,
        i32.const(0),
        rows.get,
        1,
        loop(column, bytes.get, whole.get, 4, f32.store(at(gradients), f32.const(0))),
        sum.set(f32x4.const(0)),
        columns(sum.set(f32x4.add(sum.get, f32x4.mul(weight, gradient)))),
        sum.set(f32x4.splat(f32x4.sum(sum))),
        columns(
          f32x4.store(
            at(gradients),
            f32x4.mul(f32x4.mul(weight, f32x4.splat(scale.get)), f32x4.sub(gradient, sum.get)),
          ),
        ),
        weights.advance(stride.get),
        gradients.advance(stride.get),
      ),
    ];
  },
);

/** `out = a + b`; count is a multiple of 4. add(a, b, out, count) */
export const add: Func = func('add', i32s(4), ([a, b, out, count], local) => {
  const [at, end] = local('i32', 2);
  const here = (address: Local): Code => i32.add(address.get, at.get);
  const sum = f32x4.add(f32x4.load(here(a)), f32x4.load(here(b)));
  return [end.set(i32.shl(count.get, 2)), loop(at, i32.const(0), end.get, 16, f32x4.store(here(out), sum))];
});
