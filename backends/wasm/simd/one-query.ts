/**
 * Attention of one query, with heads concatenated: keys and values are read position by position, sequentially over several
 * heads, which is the fastest order. d, the width of a head, is a multiple of {@link ONE_QUERY_STEP}.
 */
import { type Func, func, i32s, loop, repeatWhile } from './assembler.js';
import { f32, f32x4, i32 } from './instructions.js';

/** Numbers of a head that are taken at once. */
export const ONE_QUERY_STEP = 8;

const PARAMETERS = i32s(8);

/**
 * `scores[h][n] = query[h] · keys[n][h]`: strides in bytes.
 *
 * scoresOfOne(query, keys, keyStride, scores, scoreStride, N, heads, d)
 */
export const scoresOfOne: Func = func('scoresOfOne', PARAMETERS, (p, local) => {
  const [query, keys, keyStride, scores, scoreStride, n, heads, d] = p;
  const [position, head, end, key, own, score] = local('i32', 6);
  const [first, second] = local('v128', 2);
  const product = (half: number) => f32x4.mul(f32x4.load(own.get, half), f32x4.load(key.get, half));
  return [
    loop(
      position,
      i32.const(0),
      n.get,
      1,
      key.set(keys.get),
      own.set(query.get),
      score.set(i32.add(scores.get, i32.shl(position.get, 2))),
      loop(
        head,
        i32.const(0),
        heads.get,
        1,
        first.set(f32x4.const(0)),
        second.set(f32x4.const(0)),
        end.set(i32.add(key.get, i32.shl(d.get, 2))),
        repeatWhile(
          i32.lt(key.get, end.get),
          first.set(f32x4.add(first.get, product(0))),
          second.set(f32x4.add(second.get, product(16))),
          key.advance(4 * ONE_QUERY_STEP),
          own.advance(4 * ONE_QUERY_STEP),
        ),
        first.set(f32x4.add(first.get, second.get)),
        f32.store(score.get, f32x4.sum(first)),
        score.advance(scoreStride.get),
      ),
      keys.advance(keyStride.get),
    ),
  ];
});

/**
 * `out[h] = Σ_n weights[h][n] values[n][h]`: strides in bytes.
 *
 * valuesOfOne(weights, weightStride, values, valueStride, out, N, heads, d)
 */
export const valuesOfOne: Func = func('valuesOfOne', PARAMETERS, (p, local) => {
  const [weights, weightStride, values, valueStride, out, n, heads, d] = p;
  const [position, head, end, value, sum, weight] = local('i32', 6);
  const factor = local('v128');
  const add = (half: number) =>
    f32x4.store(
      sum.get,
      f32x4.add(f32x4.load(sum.get, half), f32x4.mul(factor.get, f32x4.load(value.get, half))),
      half,
    );
  return [
    end.set(i32.add(out.get, i32.shl(i32.mul(heads.get, d.get), 2))),
    sum.set(out.get),
    repeatWhile(i32.lt(sum.get, end.get), f32x4.store(sum.get, f32x4.const(0)), sum.advance(16)),
    loop(
      position,
      i32.const(0),
      n.get,
      1,
      value.set(values.get),
      sum.set(out.get),
      weight.set(i32.add(weights.get, i32.shl(position.get, 2))),
      loop(
        head,
        i32.const(0),
        heads.get,
        1,
        factor.set(f32x4.loadSplat(weight.get)),
        weight.advance(weightStride.get),
        end.set(i32.add(sum.get, i32.shl(d.get, 2))),
        repeatWhile(
          i32.lt(sum.get, end.get),
          add(0),
          add(16),
          sum.advance(4 * ONE_QUERY_STEP),
          value.advance(4 * ONE_QUERY_STEP),
        ),
      ),
      values.advance(valueStride.get),
    ),
  ];
});
