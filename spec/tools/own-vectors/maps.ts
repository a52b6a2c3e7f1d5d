/** Layers of diffusion decoders in double precision. */

/** A map, [channel][y][x]. */
export type Grid = readonly (readonly (readonly number[])[])[];

/** A tensor by its name and shape, with values of about a size around a middle. */
export type Scope = (name: string, shape: readonly number[], size?: number, middle?: number) => number[];

/** DIF-16. */
export function groupNorm(w: Scope, x: Grid, groups: number): Grid {
  const [scale, shift] = [w('weight', [x.length], 0.5, 1), w('bias', [x.length])];
  const size = x.length / groups;
  const statistics = Array.from({ length: groups }, (_, group) => {
    const values = x.slice(group * size, (group + 1) * size).flat(2);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance + 1e-5) };
  });
  return mapped(x, (value, c) => {
    const { mean, deviation } = statistics[Math.floor(c / size)]!;
    return ((value - mean) / deviation) * scale[c]! + shift[c]!;
  });
}

/** 3×3, with zeros around. */
export function convolution(w: Scope, x: Grid, width: number, stride = 1): Grid {
  const [kernel, bias] = [w('weight', [width, x.length, 3, 3], 0.5), w('bias', [width])];
  const side = x[0]!.length;
  const at = (c: number, row: number, column: number) => x[c]![row]?.[column] ?? 0;
  return buildGrid(width, side / stride, (c, row, column) => {
    let sum = bias[c]!;
    for (let from = 0; from < x.length; from++)
      for (let i = 0; i < 9; i++) {
        const [dy, dx] = [Math.floor(i / 3) - 1, (i % 3) - 1];
        sum += kernel[(c * x.length + from) * 9 + i]! * at(from, row * stride + dy, column * stride + dx);
      }
    return sum;
  });
}

/** DIF-19, to twice the size. */
export function doubled(x: Grid): Grid {
  return buildGrid(
    x.length,
    2 * x[0]!.length,
    (c, row, column) => x[c]![Math.floor(row / 2)]![Math.floor(column / 2)]!,
  );
}

/** A linear map of the channels. */
export function pointwise(w: Scope, x: Grid, rows: number, trailing: readonly number[] = []): Grid {
  const [weight, bias] = [w('weight', [rows, x.length, ...trailing]), w('bias', [rows])];
  return buildGrid(rows, x[0]!.length, (c, row, column) =>
    x.reduce((sum, map, from) => sum + weight[c * x.length + from]! * map[row]![column]!, bias[c]!),
  );
}

export function linear(w: Scope, x: readonly number[], rows: number): number[] {
  const [weight, bias] = [w('weight', [rows, x.length]), w('bias', [rows])];
  return bias.map((start, row) => x.reduce((sum, value, i) => sum + weight[row * x.length + i]! * value, start));
}

export function buildGrid(
  channels: number,
  side: number,
  value: (c: number, row: number, column: number) => number,
): Grid {
  const list = (length: number) => Array.from({ length }, (_, i) => i);
  return list(channels).map((c) => list(side).map((row) => list(side).map((column) => value(c, row, column))));
}

export function mapped(x: Grid, change: (value: number, c: number, row: number, column: number) => number): Grid {
  return x.map((map, c) => map.map((row, y) => row.map((value, column) => change(value, c, y, column))));
}

export function silu(x: Grid): Grid {
  return mapped(x, siluOf);
}

export function siluOf(x: number): number {
  return x / (1 + Math.exp(-x));
}
