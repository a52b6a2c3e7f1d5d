/** Kernels of trainings: gradients of row-wise operations, and AdamW's update. */
import { type Func, func, i32s, type Local, loop } from './assembler.js';
import { exponential } from './exponential.js';
import { type Code, f32, f32x4, i32, type MultiplyAdd } from './instructions.js';
import { rowStatistics } from './row-wise.js';

/**
 * Gradients of `silu(gate) · x`, for a multiple of 4 numbers.
 *
 * swiGluGradient(gate, x, dy, dGate, dx, count)
 */
export function swiGluGradient(multiplyAdd: MultiplyAdd): Func {
  return func('swiGluGradient', i32s(6), ([gate, x, dy, dGate, dx, count], local) => {
    const at = local('i32');
    const [value, gradient, share, power] = local('v128', 4);
    const here = (address: Local): Code => i32.add(address.get, at.get);
    const raise = exponential(local, multiplyAdd);
    const one = f32x4.const(1);
    return [
      loop(
        at,
        i32.const(0),
        i32.shl(count.get, 2),
        16,
        value.set(f32x4.load(here(gate))),
        gradient.set(f32x4.load(here(dy))),
        power.set(f32x4.sub(f32x4.const(0), value.get)),
        ...raise(power),
        // sigmoid(gate)
        share.set(f32x4.div(one, f32x4.add(one, power.get))),
        power.set(f32x4.mul(gradient.get, share.get)),
        f32x4.store(here(dx), f32x4.mul(power.get, value.get)),
        // The derivative of silu: sigmoid · (1 + gate · (1 - sigmoid)).
        share.set(multiplyAdd(value.get, f32x4.sub(one, share.get), one)),
        f32x4.store(here(dGate), f32x4.mul(f32x4.mul(power.get, f32x4.load(here(x))), share.get)),
      ),
    ];
  });
}

/**
 * Gradient of a layer norm's input, and the mean and the scale, 1/√(variance + epsilon), of each row; D is a multiple of 4.
 *
 * layerNormGradient(x, weight, dy, dx, statistics, rows, D, epsilon)
 */
export const layerNormGradient: Func = func(
  'layerNormGradient',
  ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f32'],
  ([x, weight, dy, dx, statistics, rows, width, epsilon], local) => {
    const row = local('i32');
    const [sum, along, value] = local('v128', 3);
    const { bytes, start, at, columns, average, centred, mean, scale, measure } = rowStatistics(
      x,
      width,
      epsilon,
      local,
    );
    const weighted = f32x4.mul(f32x4.load(at(dy)), f32x4.load(at(weight)));
    const normalized = f32x4.mul(centred, scale.get);
    return [
      start,
      loop(
        row,
        i32.const(0),
        rows.get,
        1,
        ...measure,
        f32.store(statistics.get, f32x4.lane(mean.get, 0)),
        f32.store(statistics.get, f32x4.lane(scale.get, 0), 4),
        // The means of the gradient, and of its product with the normalized row.
        sum.set(f32x4.const(0)),
        along.set(f32x4.const(0)),
        columns(
          value.set(weighted),
          sum.set(f32x4.add(sum.get, value.get)),
          along.set(f32x4.add(along.get, f32x4.mul(value.get, normalized))),
        ),
        sum.set(f32x4.splat(average(sum))),
        along.set(f32x4.splat(average(along))),
        columns(
          value.set(f32x4.sub(f32x4.sub(weighted, sum.get), f32x4.mul(normalized, along.get))),
          f32x4.store(at(dx), f32x4.mul(value.get, scale.get)),
        ),
        x.advance(bytes.get),
        dy.advance(bytes.get),
        dx.advance(bytes.get),
        statistics.advance(8),
      ),
    ];
  },
);

/**
 * Gradients of a layer norm's weight and bias, for a multiple of 4 columns: sums over the rows. The stride is in bytes.
 *
 * layerNormSums(x, dy, statistics, dWeight, dBias, rows, stride, columns)
 */
export const layerNormSums: Func = func(
  'layerNormSums',
  i32s(8),
  ([x, dy, statistics, dWeight, dBias, rows, stride, columns], local) => {
    const [column, row, values, gradients, own] = local('i32', 5);
    const gradient = local('v128');
    const [mean, scale] = [f32x4.loadSplat(own.get), f32x4.loadSplat(own.get, 4)];
    const vectors = 4;
    const weightSums = local('v128', vectors);
    const biasSums = local('v128', vectors);
    /** The sums of `4 · count` columns. */
    const sums = (count: number): Code[] => [
      values.set(x.get),
      gradients.set(dy.get),
      own.set(statistics.get),
      ...[...weightSums, ...biasSums].map((sum) => sum.set(f32x4.const(0))),
      loop(
        row,
        i32.const(0),
        rows.get,
        1,
        ...Array.from({ length: count }, (_, i) => [
          gradient.set(f32x4.load(gradients.get, 16 * i)),
          biasSums[i]!.set(f32x4.add(biasSums[i]!.get, gradient.get)),
          weightSums[i]!.set(
            f32x4.add(
              weightSums[i]!.get,
              f32x4.mul(gradient.get, f32x4.mul(f32x4.sub(f32x4.load(values.get, 16 * i), mean), scale)),
            ),
          ),
        ]).flat(),
        values.advance(stride.get),
        gradients.advance(stride.get),
        own.advance(8),
      ),
      ...Array.from({ length: count }, (_, i) => [
        f32x4.store(dWeight.get, weightSums[i]!.get, 16 * i),
        f32x4.store(dBias.get, biasSums[i]!.get, 16 * i),
      ]).flat(),
      ...[x, dy, dWeight, dBias].map((address) => address.advance(16 * count)),
    ];
    return [
      loop(column, i32.const(0), i32.and(columns.get, i32.const(-4 * vectors)), 4 * vectors, ...sums(vectors)),
      loop(column, column.get, columns.get, 4, ...sums(1)),
    ];
  },
);

/**
 * Sums of columns over all rows, for a multiple of 4 columns; the stride is in bytes.
 *
 * columnSums(x, out, rows, stride, columns)
 */
export const columnSums: Func = func('columnSums', i32s(5), ([x, out, rows, stride, columns], local) => {
  const [column, row, from] = local('i32', 3);
  const all = local('v128', 4);
  /** The sums of `4 · count` columns. */
  const sums = (count: number): Code[] => {
    const own = all.slice(0, count);
    return [
      from.set(x.get),
      ...own.map((sum) => sum.set(f32x4.const(0))),
      loop(
        row,
        i32.const(0),
        rows.get,
        1,
        ...own.map((sum, i) => sum.set(f32x4.add(sum.get, f32x4.load(from.get, 16 * i)))),
        from.advance(stride.get),
      ),
      ...own.map((sum, i) => f32x4.store(out.get, sum.get, 16 * i)),
      x.advance(16 * count),
      out.advance(16 * count),
    ];
  };
  return [
    loop(column, i32.const(0), i32.and(columns.get, i32.const(-16)), 16, ...sums(4)),
    loop(column, column.get, columns.get, 4, ...sums(1)),
  ];
});

/**
 * AdamW's update, for a multiple of 4 numbers, as `AdamWUpdateAttributes` describes it; `scale` is the address of the gradient's factor.
 *
 * adamW(value, gradient, mean, square, newValue, newMean, newSquare, scale, count, beta1, beta2, kept, rate, deviation, epsilon)
 */
export function adamW(multiplyAdd: MultiplyAdd): Func {
  return func(
    'adamW',
    [...i32s(9), 'f32', 'f32', 'f32', 'f32', 'f32', 'f32'] as const,
    (
      [
        value,
        gradient,
        mean,
        square,
        newValue,
        newMean,
        newSquare,
        scale,
        count,
        beta1,
        beta2,
        kept,
        rate,
        deviation,
        epsilon,
      ],
      local,
    ) => {
      const at = local('i32');
      const [scaled, newest] = local('v128', 2);
      const [one, two] = [f32x4.splat(beta1.get), f32x4.splat(beta2.get)];
      const here = (address: Local): Code => i32.add(address.get, at.get);
      const rest = (share: Code) => f32x4.sub(f32x4.const(1), share);
      const moved = f32x4.div(
        newest.get,
        f32x4.add(f32x4.mul(f32x4.sqrt(scaled.get), f32x4.splat(deviation.get)), f32x4.splat(epsilon.get)),
      );
      return [
        loop(
          at,
          i32.const(0),
          i32.shl(count.get, 2),
          16,
          scaled.set(f32x4.mul(f32x4.load(here(gradient)), f32x4.loadSplat(scale.get))),
          newest.set(multiplyAdd(f32x4.load(here(mean)), one, f32x4.mul(scaled.get, rest(one)))),
          f32x4.store(here(newMean), newest.get),
          scaled.set(
            multiplyAdd(f32x4.load(here(square)), two, f32x4.mul(f32x4.mul(scaled.get, scaled.get), rest(two))),
          ),
          f32x4.store(here(newSquare), scaled.get),
          f32x4.store(
            here(newValue),
            f32x4.sub(
              f32x4.mul(f32x4.load(here(value)), f32x4.splat(kept.get)),
              f32x4.mul(moved, f32x4.splat(rate.get)),
            ),
          ),
        ),
      ];
    },
  );
}
